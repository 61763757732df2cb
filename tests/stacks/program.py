"""Runs one stack program from its folder, as a language host does, and records what it registers.

The engine is Pulumi's own mock monitor: it answers every registration with the inputs, an id and
the attributes that AWS would compute. `run` belongs in a process of its own, since Pulumi's
runtime is global and the two first lines of a program change `sys.path`.
"""

import asyncio
import os
import runpy
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws
from google.protobuf import json_format
from pulumi.runtime import mocks, settings

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENT = "test"
ACCOUNT_ID = "111122223333"
REGION = "eu-central-1"
ZONES = ("eu-central-1c", "eu-central-1a", "eu-central-1d", "eu-central-1b")
PASSWORD = "correct horse battery staple"

# pulumi_aws imports a service when one of its classes is first named; a process that forks others
# does that once for all of them.
PRELOADED = (
    pulumi_aws.apigateway.RestApi,
    pulumi_aws.cloudwatch.LogGroup,
    pulumi_aws.dms.Endpoint,
    pulumi_aws.ec2.Vpc,
    pulumi_aws.ec2transitgateway.TransitGateway,
    pulumi_aws.iam.Role,
    pulumi_aws.kms.Key,
    pulumi_aws.lambda_.Function,
    pulumi_aws.rds.Cluster,
    pulumi_aws.s3.Bucket,
    pulumi_aws.secretsmanager.get_secret,
    pulumi_aws.sfn.StateMachine,
    pulumi_aws.sns.Topic,
    pulumi_aws.ssm.Parameter,
    pulumi_aws.vpc.SecurityGroupIngressRule,
)


@dataclass(frozen=True)
class Resource:
    """A registered resource: its inputs as the engine got them, secrets unwrapped."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    depends_on: tuple[str, ...]
    urn: str
    secret_inputs: frozenset[str]
    ignore_changes: tuple[str, ...] = ()


@dataclass
class Recording:
    """Everything that a program did."""

    layer: str
    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    registered_outputs: set[str] = field(default_factory=set)
    error: str = ""

    def of_type(self, kind: str) -> list[Resource]:
        """Return the resources of AWS whose type ends in this class name."""
        return [item for item in self.cloud if item.type.rsplit(":", 1)[-1] == kind]

    def one(self, kind: str, name: str = "") -> Resource:
        """Return the only resource of this class whose name has this text in it."""
        (found,) = [item for item in self.of_type(kind) if name in item.name]
        return found

    @property
    def cloud(self) -> list[Resource]:
        """The resources of AWS, without components."""
        return [item for item in self.resources if item.type.startswith("aws:")]


class _Answers(mocks.Mocks):
    def __init__(self, upstream: Mapping[str, Mapping[str, Any]]) -> None:
        self.upstream = upstream
        self.calls: list[str] = []

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.calls.append(args.token)
        return _CALLS[args.token](args.args)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            layer = args.inputs["name"].split("/")[1]
            return args.name, {"name": args.inputs["name"], "outputs": dict(self.upstream[layer])}
        return f"{args.name}-id", {**_computed(args.typ, args.name), **args.inputs}


def _computed(kind: str, name: str) -> dict[str, Any]:
    service = kind.split(":")[1].split("/")[0]
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{name}"
    return {
        "arn": arn,
        "keyId": f"{name}-key-id",
        "endpoint": f"{name}.example",
        "readerEndpoint": f"{name}.ro.example",
        "port": 5432,
        "endpointArn": arn,
        "replicationInstanceArn": arn,
        "replicationTaskArn": f"arn:aws:dms:{REGION}:{ACCOUNT_ID}:task:TASKID",
        "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:apiid",
        "invokeArn": f"{arn}/invocations",
        "invokeUrl": "https://api.example/v1",
        "rootResourceId": "root",
    }


_CALLS: dict[str, Any] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": lambda _: {
        "names": list(ZONES),
        "region": REGION,
    },
    "aws:index/getRegion:getRegion": lambda _: {"region": REGION},
    "aws:index/getPartition:getPartition": lambda _: {"partition": "aws"},
    "aws:index/getCallerIdentity:getCallerIdentity": lambda _: {"accountId": ACCOUNT_ID},
    "aws:secretsmanager/getSecret:getSecret": lambda args: {
        "arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:{args['name']}"
    },
    "aws:secretsmanager/getSecretVersion:getSecretVersion": lambda args: {
        "secretString": f'{{"username": "{args["secretId"]}-user", "password": "{PASSWORD}"}}'
    },
}


class _Monitor(mocks.MockMonitor):
    def __init__(self, answers: _Answers, recording: Recording) -> None:
        super().__init__(answers)
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # gRPC's name
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # Pulumi's
        raw = json_format.MessageToDict(request.object)
        self._recording.resources.append(
            Resource(
                type=request.type,
                name=request.name,
                inputs=_plain(raw),
                parent=request.parent,
                depends_on=tuple(request.dependencies),
                urn=response.urn,
                secret_inputs=frozenset(k for k, v in raw.items() if "_secret_" in _marks(v)),
                ignore_changes=tuple(request.ignoreChanges),
            )
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # gRPC's name
        self._recording.registered_outputs.add(request.urn)
        if "::pulumi:pulumi:Stack::" in request.urn:  # not a child of the stack
            self._recording.outputs = _plain(json_format.MessageToDict(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]  # Pulumi's


_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


def _marks(value: Any) -> str:
    return "_secret_" if isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET else ""


def _plain(value: Any) -> Any:
    """Unwrap secrets, and turn the protocol's floats back into the integers that they were."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _plain(value["value"])
        if value.get(_SIGNATURE) == _RESOURCE:
            return value["urn"]
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def run(
    layer: str, config: Mapping[str, str], upstream: Mapping[str, Mapping[str, Any]]
) -> Recording:
    """Run the layer's program and return what it registered; a failure is in `error`."""
    folder = CHECKOUT / "stacks" / layer
    os.chdir(folder)
    # A language host knows the program's folder and nothing of the checkout around it.
    sys.path[:] = [str(folder), *(entry for entry in sys.path if Path(entry) != CHECKOUT)]
    recording = Recording(layer)
    answers = _Answers(upstream)
    pulumi.runtime.set_all_config(dict(config))
    monitor = _Monitor(answers, recording)
    features = monitor.GetDeploymentInfo(None)  # type: ignore[no-untyped-call]  # Pulumi's
    settings.configure(
        mocks.MockSettings(  # type: ignore[no-untyped-call]  # Pulumi's
            monitor=monitor,
            monitor_features=set(features.supportedFeatures),
            engine=mocks.MockEngine(None),
            project=layer,
            stack=ENVIRONMENT,
            dry_run=False,
            organization="organization",
            callbacks=None,
        )
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(
            pulumi.runtime.run_in_stack(lambda: _execute(folder / "__main__.py"))
        )
    except Exception as error:
        recording.error = f"{type(error).__name__}: {error}"
    recording.calls = answers.calls
    return recording


def _execute(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")
