"""Pulumi's `ResourceMonitor` service: what a program calls to register, read and look up.

Protocol: pulumi/pulumi, proto/pulumi/resource.proto. A step that fails closes the gate and answers
UNAVAILABLE, on which the SDK ends the program without a message of its own. Parts of the protocol
that the engine does not serve answer UNIMPLEMENTED and say what they are.
"""

# ruff: noqa: N802 - gRPC gives the methods their names

import threading
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.errors import OperationError, StoppedError
from deploy.engines.embedded.goals import properties_from_program
from deploy.engines.embedded.reads import read_resource
from deploy.engines.embedded.registration import Registrar
from deploy.engines.embedded.values import encode
from deploy.errors import EngineError

T = TypeVar("T")

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
)
_LEGACY_FEATURES = (
    "secrets",
    "resourceReferences",
    "outputValues",
    "aliasSpecs",
    "deletedWith",
    "replaceWith",
)
_GET_RESOURCE = "pulumi:pulumi:getResource"


class ResourceMonitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Serves one run. `finished` is called once the program has declared everything.

    Whatever the program asks for waits until `begin`; once it has declared everything it is kept
    waiting until `release`, so that it outlives the deletions.
    """

    def __init__(self, deployment: Deployment, finished: Callable[[], None]) -> None:
        self._deployment = deployment
        self._registrar = Registrar(deployment)
        self._finished = finished
        self._begun = threading.Event()
        self._released = threading.Event()

    def begin(self) -> None:
        """Go about what the program asks for."""
        self._begun.set()

    def release(self) -> None:
        """Let the program end."""
        self._released.set()

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        """Answer who the program runs for and which features it may use."""
        deployment = self._deployment
        return resource_pb2.DeploymentInfo(
            project=deployment.project,
            stack=deployment.stack,
            organization="organization",
            dryRun=deployment.dry_run,
            parallel=deployment.parallel,
            config=deployment.config.values,
            configSecretKeys=sorted(deployment.config.secret_keys),
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        """Answer whether a feature may be used, for SDKs without GetDeploymentInfo."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _LEGACY_FEATURES)

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """Bring a resource to the state that the program declares."""
        urn = self._deployment.urn(request.parent, request.type, request.name)
        state = self._step(context, urn, lambda: self._registrar.register(request, urn))
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=state.id, object=encode(state.outputs if request.custom else {})
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        """Record the outputs of a component, or keep those of the stack until the run ends."""

        def record() -> None:
            deployment = self._deployment
            outputs = properties_from_program(request.outputs, deployment.directory)
            if request.urn == deployment.stack_urn:
                deployment.stack_outputs = outputs
                return
            component = deployment.ledger.new(request.urn)
            if component is None:
                raise OperationError("outputs of a resource that was never registered")
            if component.outputs != outputs:
                deployment.ledger.amend(component, outputs=outputs)

        self._step(context, request.urn, record)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any, context: Any) -> Any:
        """Read a resource that the stack does not own."""
        urn = self._deployment.urn(request.parent, request.type, request.name)

        def read() -> Any:
            self._registrar.claim(urn)
            return read_resource(self._deployment, request, urn)

        state = self._step(context, urn, read)
        return resource_pb2.ReadResourceResponse(
            urn=urn, id=state.id, properties=encode(state.outputs)
        )

    def Invoke(self, request: Any, context: Any) -> Any:
        """Call a function of a provider. A failure is the program's to handle."""
        try:
            with self._deployment.gate.step():
                return self._invoke(request)
        except StoppedError:
            self._unavailable(context)
        except OperationError as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"{request.tok}: {error}")

    def _invoke(self, request: Any) -> Any:
        deployment = self._deployment
        if request.packageRef:
            raise OperationError("parameterized packages are not supported by the embedded engine")
        arguments = properties_from_program(request.args, deployment.directory)
        if request.tok == _GET_RESOURCE:
            return self._get_resource(str(arguments["urn"]))
        reference = deployment.providers.resolve(request.provider, request.tok, request.version)
        provider = deployment.providers.instance(reference)
        if not provider.known:
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        response = provider.invoke(request.tok, arguments, preview=deployment.dry_run)
        return resource_pb2.ResourceInvokeResponse(
            failures=response.failures, **{"return": getattr(response, "return")}
        )

    def _get_resource(self, urn: str) -> Any:
        state = self._deployment.ledger.new(urn)
        if state is None:
            raise OperationError(f"the program has not registered {urn}")
        found = {"urn": state.urn, "id": state.id, "state": state.outputs}
        return resource_pb2.ResourceInvokeResponse(**{"return": encode(found)})

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        """Note that the program declared everything, and answer when the run is over."""
        self._finished()
        self._released.wait()
        return empty_pb2.Empty()

    def Call(self, request: Any, context: Any) -> NoReturn:
        """Refuse method calls."""
        self._unsupported(context, f"method calls on resources ({request.tok})")

    def ExistsResource(self, request: Any, context: Any) -> NoReturn:
        """Refuse checks for existence."""
        self._unsupported(context, "checks whether a resource exists")

    def RegisterStackTransform(self, request: Any, context: Any) -> NoReturn:
        """Refuse transforms."""
        self._unsupported(context, "resource transforms")

    def RegisterStackInvokeTransform(self, request: Any, context: Any) -> NoReturn:
        """Refuse transforms of function calls."""
        self._unsupported(context, "invoke transforms")

    def RegisterResourceHook(self, request: Any, context: Any) -> NoReturn:
        """Refuse hooks."""
        self._unsupported(context, "resource hooks")

    def RegisterErrorHook(self, request: Any, context: Any) -> NoReturn:
        """Refuse hooks on errors."""
        self._unsupported(context, "error hooks")

    def RegisterPackage(self, request: Any, context: Any) -> NoReturn:
        """Refuse parameterized packages."""
        self._unsupported(context, f"parameterized packages ({request.name})")

    def _step(self, context: Any, urn: str, action: Callable[[], T]) -> T:
        deployment = self._deployment
        self._begun.wait()
        try:
            with deployment.gate.step():
                return self._reporting_failure(urn, action)
        except StoppedError:
            self._unavailable(context)

    def _reporting_failure(self, urn: str, action: Callable[[], T]) -> T:
        """Run a step; turn a failure into an error of the run and a StoppedError."""
        try:
            return action()
        except StoppedError:
            raise
        except (OperationError, EngineError) as error:
            message = str(error)
        except Exception:
            message = f"internal error of the embedded engine\n{traceback.format_exc()}"
        self._deployment.reporter.error(message, urn)
        self._deployment.gate.close()
        raise StoppedError

    def _unavailable(self, context: Any) -> NoReturn:
        context.abort(grpc.StatusCode.UNAVAILABLE, "the run is stopping")
        raise AssertionError("abort raises")

    def _unsupported(self, context: Any, what: str) -> NoReturn:
        message = f"not supported by the embedded engine: {what}"
        self._deployment.reporter.error(message)
        self._deployment.gate.close()
        context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
        raise AssertionError("abort raises")
