"""Pulumi's ``ResourceProvider`` protocol, answered from the table.

Source: ``provider.proto`` of pulumi/pulumi. One gRPC connection is one provider instance: an
engine opens a connection for each provider resource and configures it, so settings are kept by the
connection's peer. Errors reach the engine as a status with AWS's own words.
"""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped]  # generated, without stubs
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from localcloud.provider import configuration, lifecycle, warm_up
from localcloud.provider.check import check
from localcloud.provider.clients import Account, Clients
from localcloud.provider.creations import Creations
from localcloud.provider.definition import ResourceType
from localcloud.provider.diff import Difference, diff
from localcloud.provider.errors import PartialCreationError, ProviderError, UnsupportedError
from localcloud.provider.functions import call_function
from localcloud.provider.reading import read
from localcloud.provider.schema import schema_of, version
from localcloud.provider.services import RESOURCE_TYPES
from localcloud.provider.session import Session
from localcloud.provider.waiting import DEFAULT_TIMEOUT
from localcloud.provider.wire import UNKNOWN, Properties, from_struct, is_unknown, to_struct

OPERATION_ID = "operation-id"
"""Metadata of a Create: the same id means the same creation, asked for again."""

_MAX_INSTANCES = 1024

Context: TypeAlias = grpc.ServicerContext
Handler = TypeVar("Handler", bound=Callable[..., Any])


def _reporting_errors(handler: Handler) -> Handler:
    """Turn the provider's errors into gRPC statuses; anything else is a fault of its own."""

    @functools.wraps(handler)
    def wrapper(self: "AwsProvider", request: Any, context: Context) -> Any:
        try:
            return handler(self, request, context)
        except UnsupportedError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, _about(request, error))

    return cast("Handler", wrapper)


class AwsProvider(ResourceProviderServicer):
    """The local ``aws`` provider; one object serves every engine, stack and run."""

    def __init__(self, account: Account, region: str) -> None:
        self._account = account
        self._region = region
        self._clients = Clients()
        self._creations = Creations()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def warm_up(self) -> None:
        """Begin to get ready for the first calls of a deployment, in the background."""
        warm_up.start(self._clients, self._region, self._account)

    def close(self) -> None:
        """Close the connections to the cloud."""
        self._clients.close()

    def Handshake(self, request: Any, context: Context) -> Any:  # noqa: N802  protocol's names
        """Say what this provider accepts."""
        return proto.ProviderHandshakeResponse(
            accept_secrets=False, accept_resources=False, accept_outputs=False
        )

    def Attach(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Accept an engine that connects to a running provider."""
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Let running operations end: another engine may be using this server."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Return the release of ``pulumi_aws`` that this provider stands in for."""
        return plugin_pb2.PluginInfo(version=version())

    def CheckConfig(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Refuse settings that this provider does not implement."""
        failures = configuration.faults(from_struct(request.news), self._account)
        return proto.CheckResponse(inputs=request.news, failures=_failures(failures))

    def DiffConfig(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Say what changed between two configurations; another region means other resources."""
        old = configuration.decoded(from_struct(request.old_inputs) or from_struct(request.olds))
        new = configuration.decoded(from_struct(request.news))
        changed = {k for k in {*old, *new} if old.get(k) != new.get(k)} - {"version"}
        replaces = {"region"} & changed if not is_unknown(new.get("region")) else set()
        kinds = proto.DiffResponse
        return proto.DiffResponse(
            changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE,
            diffs=sorted(changed),
            replaces=sorted(replaces),
        )

    @_reporting_errors
    def Configure(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Keep the settings of this connection."""
        settings = from_struct(request.args)
        session = configuration.session(settings, self._clients, self._account, self._region)
        with self._lock:
            self._sessions[context.peer()] = session
            self._sessions.move_to_end(context.peer())
            while len(self._sessions) > _MAX_INSTANCES:
                self._sessions.popitem(last=False)
        return proto.ConfigureResponse(
            acceptSecrets=False, acceptResources=False, acceptOutputs=False, supportsPreview=True
        )

    @_reporting_errors
    def Check(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Complete a resource's inputs and say what is wrong with them."""
        checked = check(
            self._session(context),
            _resource_type(request.urn),
            request.name or request.urn.rsplit("::", 1)[-1],
            from_struct(request.news),
            from_struct(request.olds),
            request.randomSeed,
        )
        return proto.CheckResponse(
            inputs=to_struct(checked.inputs), failures=_failures(checked.faults)
        )

    @_reporting_errors
    def Diff(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Say which inputs changed and whether the resource has to be replaced."""
        old = from_struct(request.old_inputs) or from_struct(request.olds)
        ignored = list(request.ignoreChanges)
        resource_type = _resource_type(request.urn)
        return _diff_response(diff(resource_type, old, from_struct(request.news), ignored))

    @_reporting_errors
    def Create(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Create a resource, once for each operation id."""
        resource_type, inputs = _resource_type(request.urn), from_struct(request.properties)
        if request.preview:
            return proto.CreateResponse(properties=to_struct(_previewed(resource_type, inputs)))
        session, timeout = self._session(context), request.timeout or DEFAULT_TIMEOUT
        try:
            created = self._creations.once(
                dict(context.invocation_metadata()).get(OPERATION_ID),
                lambda: lifecycle.create(session, resource_type, inputs, timeout),
            )
        except PartialCreationError as error:
            _abort_partial(request, context, error)
            raise
        return proto.CreateResponse(
            id=created.resource_id, properties=to_struct(created.properties)
        )

    @_reporting_errors
    def Read(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Return what a resource looks like now; nothing when it is gone."""
        found = read(
            self._session(context),
            _resource_type(request.urn),
            request.id,
            from_struct(request.properties),
            from_struct(request.inputs),
        )
        if found is None:
            return proto.ReadResponse()
        return proto.ReadResponse(
            id=request.id, properties=to_struct(found.outputs), inputs=to_struct(found.inputs)
        )

    @_reporting_errors
    def Update(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Change a resource in place."""
        state, inputs = from_struct(request.olds), from_struct(request.news)
        if request.preview:
            return proto.UpdateResponse(properties=to_struct({**state, **inputs}))
        outputs = lifecycle.update(
            self._session(context),
            _resource_type(request.urn),
            request.id,
            state,
            from_struct(request.old_inputs),
            inputs,
            request.timeout or DEFAULT_TIMEOUT,
            frozenset(path.split(".")[0].split("[")[0] for path in request.ignoreChanges),
        )
        return proto.UpdateResponse(properties=to_struct(outputs))

    @_reporting_errors
    def Delete(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Delete a resource; deleting it again succeeds too."""
        lifecycle.delete(
            self._session(context),
            _resource_type(request.urn),
            request.id,
            from_struct(request.properties),
            from_struct(request.old_inputs),
            request.timeout or DEFAULT_TIMEOUT,
        )
        return empty_pb2.Empty()

    @_reporting_errors
    def Invoke(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Call a function, such as ``aws:index/getRegion:getRegion``."""
        result = call_function(self._session(context), request.tok, from_struct(request.args))
        return proto.InvokeResponse(**{"return": to_struct(result)})

    def _session(self, context: Context) -> Session:
        session = self._sessions.get(context.peer())
        if session is None:
            raise ProviderError("this connection has not configured the provider")
        return session


def _resource_type(urn: str) -> ResourceType:
    """Return the entry of the type in a URN ``urn:pulumi:stack::project::parent$type::name``."""
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    if token not in RESOURCE_TYPES:
        raise UnsupportedError(f"resource type {token} is not supported by the local aws provider")
    return RESOURCE_TYPES[token]


def _previewed(resource_type: ResourceType, inputs: Properties) -> Properties:
    """Return the outputs of a resource to be created: its inputs, the rest not known yet."""
    outputs: Properties = dict.fromkeys(schema_of(resource_type.pulumi_type).outputs, UNKNOWN)
    if "tagsAll" in outputs:
        outputs["tagsAll"] = inputs.get("tags") or {}
    return {**outputs, **inputs}


def _diff_response(difference: Difference) -> Any:
    kinds, response = proto.PropertyDiff.Kind, proto.DiffResponse
    detailed = {
        name: proto.PropertyDiff(
            kind=kinds.Value(f"{kind}_REPLACE" if name in difference.replaces else kind),
            inputDiff=True,
        )
        for name, kind in difference.changes.items()
    }
    return proto.DiffResponse(
        changes=response.DIFF_SOME if detailed else response.DIFF_NONE,
        diffs=sorted(detailed),
        replaces=sorted(difference.replaces),
        deleteBeforeReplace=difference.delete_first,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _failures(faults: Any) -> list[Any]:
    return [proto.CheckFailure(property=name, reason=reason) for name, reason in faults]


def _abort_partial(request: Any, context: Context, error: PartialCreationError) -> None:
    """End a Create with what exists, so that the engine keeps it and finishes it later.

    Source: "Richer error model" of gRPC: details go packed into ``grpc-status-details-bin``.
    """
    message = _about(request, error)
    detail = any_pb2.Any()
    detail.Pack(
        proto.ErrorResourceInitFailed(
            id=error.resource_id,
            properties=to_struct(error.properties),
            inputs=request.properties,
            reasons=[message],
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=message, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, message)


def _about(request: Any, error: ProviderError) -> str:
    """Return an error's message with the resource that it is about."""
    urn = getattr(request, "urn", "")
    name = urn.rsplit("::", 1)[-1] if urn else getattr(request, "tok", "")
    return f"{name}: {error}" if name else str(error)
