"""API Gateway deployments and stages, with the stages' settings for their methods."""

from typing import Any

from localcloud.provider import rules
from localcloud.provider.definition import Call, Create, Read, ResourceType, Update
from localcloud.provider.expressions import ID, Answer, Computed, Given, Text
from localcloud.provider.scope import Scope
from localcloud.provider.services.apigateway import TAGGING
from localcloud.provider.services.apigateway_patch import PatchOperations, patch_value

_API = {"restApiId": Given("restApi")}

DEPLOYMENT = ResourceType(
    pulumi_type="aws:apigateway/deployment:Deployment",
    service="apigateway",
    create=Create(operation="CreateDeployment"),
    identifier=Answer("id"),
    read=(Read(operation="GetDeployment", arguments={**_API, "deploymentId": ID}),),
    delete=(Call(operation="DeleteDeployment", arguments={**_API, "deploymentId": ID}),),
    renames={"restApi": "restApiId"},
    replace_triggers=frozenset({"triggers"}),
    write_only=frozenset({"variables"}),
)

_STAGE = {"restApiId": Given("restApi"), "stageName": Given("stageName")}
_STAGE_ARN = Text("arn:aws:apigateway:{region}::/restapis/{restApi}/stages/{stageName}")

STAGE = ResourceType(
    pulumi_type="aws:apigateway/stage:Stage",
    service="apigateway",
    create=Create(operation="CreateStage"),
    identifier=Text("ags-{restApi}-{stageName}"),
    read=(Read(operation="GetStage", arguments=_STAGE),),
    delete=(Call(operation="DeleteStage", arguments=_STAGE),),
    updates=(
        Update(
            operation="UpdateStage",
            properties=(
                "deployment",
                "description",
                "xrayTracingEnabled",
                "variables",
                "accessLogSettings",
            ),
            arguments={
                **_STAGE,
                "patchOperations": PatchOperations(
                    values={
                        "deployment": "/deploymentId",
                        "description": "/description",
                        "xrayTracingEnabled": "/tracingEnabled",
                    },
                    maps={"variables": "/variables"},
                    structures={
                        "accessLogSettings": {
                            "destinationArn": "/accessLogSettings/destinationArn",
                            "format": "/accessLogSettings/format",
                        }
                    },
                ),
            },
        ),
    ),
    renames={
        "restApi": "restApiId",
        "deployment": "deploymentId",
        "xrayTracingEnabled": "tracingEnabled",
    },
    outputs={
        "arn": _STAGE_ARN,
        "executionArn": Text("arn:aws:execute-api:{region}:{account}:{restApi}/{stageName}"),
        # Where the laptop cloud serves the stage; on AWS it would be a host name of its own.
        "invokeUrl": Text("{endpoint_url}/restapis/{restApi}/{stageName}/_user_request_"),
    },
    delete_before_replace=True,
    unsupported=frozenset(
        {"cacheClusterEnabled", "cacheClusterSize", "canarySettings", "documentationVersion"}
    ),
    tagging=TAGGING,
    tagged_resource=_STAGE_ARN,
    rules=(
        rules.text(
            "stageName",
            lambda name: 1 <= len(name) <= 128 and name.replace("-", "").replace("_", "").isalnum(),
            "1 to 128 letters, digits, hyphens and underscores",
        ),
    ),
)

_METHOD_SETTINGS = {
    "metricsEnabled": "metrics/enabled",
    "loggingLevel": "logging/loglevel",
    "dataTraceEnabled": "logging/dataTrace",
    "throttlingBurstLimit": "throttling/burstLimit",
    "throttlingRateLimit": "throttling/rateLimit",
}


def _settings_patch(scope: Scope) -> list[dict[str, str]]:
    """Return the patch that sets the wanted settings of a method, and resets those left out.

    Raises KeyError for a setting without a path; the type's rule refuses it before.
    """
    wanted = scope.inputs["settings"]
    dropped = (scope.old_inputs.get("settings") or {}).keys() - wanted.keys()
    prefix = f"/{scope.inputs['methodPath']}"
    replaced = [
        {
            "op": "replace",
            "path": f"{prefix}/{_METHOD_SETTINGS[name]}",
            "value": patch_value(value),
        }
        for name, value in sorted(wanted.items())
    ]
    removed = [
        {"op": "remove", "path": f"{prefix}/{_METHOD_SETTINGS[name]}"} for name in sorted(dropped)
    ]
    return [*removed, *replaced]


def _settings_faults(inputs: Any) -> list[rules.Fault]:
    settings = inputs.get("settings")
    if not isinstance(settings, dict):
        return []
    return [
        (f"settings.{name}", "is not implemented by the local aws provider")
        for name in sorted(settings.keys() - _METHOD_SETTINGS.keys())
    ]


def _live_settings(scope: Scope) -> dict[str, Any]:
    """Return those of a method's live settings that the program sets."""
    wanted = scope.inputs.get("settings") or _METHOD_SETTINGS
    return {name: scope.live[name] for name in wanted if name in scope.live}


METHOD_SETTINGS = ResourceType(
    pulumi_type="aws:apigateway/methodSettings:MethodSettings",
    service="apigateway",
    create=Create(
        operation="UpdateStage",
        sends="nothing",
        arguments={
            **_STAGE,
            "patchOperations": Computed(_settings_patch, inputs=("methodPath", "settings")),
        },
    ),
    identifier=Text("{restApi}-{stageName}-{methodPath}"),
    read=(
        Read(
            operation="GetStage",
            arguments=_STAGE,
            path="methodSettings",
            key=Given("methodPath"),
        ),
    ),
    delete=(
        Call(
            operation="UpdateStage",
            arguments={
                **_STAGE,
                "patchOperations": [{"op": "remove", "path": Text("/{methodPath}")}],
            },
        ),
    ),
    repeat_create_for=("settings",),
    outputs={"methodPath": Given("methodPath"), "settings": Computed(_live_settings)},
    delete_before_replace=True,
    rules=(
        _settings_faults,
        rules.text("methodPath", lambda path: not path.startswith("/"), "without a leading slash"),
    ),
)

TYPES = (DEPLOYMENT, STAGE, METHOD_SETTINGS)
