"""Pulumi's `Engine` service: where a program sends its log, its own errors included.

Protocol: pulumi/pulumi, proto/pulumi/engine.proto.
"""

# ruff: noqa: N802 - gRPC gives the methods their names

from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from deploy.engines.embedded.deployment import Deployment

_SEVERITIES = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning"}
_ENDED_BY_ENGINE = "Resource monitor has terminated"


class EngineService(engine_pb2_grpc.EngineServicer):
    """Serves one run."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._root = ""

    def Log(self, request: Any, context: Any) -> Any:
        """Pass a line on; an error fails the run, unless the run is ending because of another."""
        reporter = self._deployment.reporter
        if request.severity == engine_pb2.ERROR:
            self._error(request.message.rstrip(), request.urn)
        elif request.severity in _SEVERITIES and not request.ephemeral:
            severity = _SEVERITIES[request.severity]
            reporter.diagnostic(severity, request.message.rstrip(), request.urn)
        return empty_pb2.Empty()

    def _error(self, message: str, urn: str) -> None:
        reporter = self._deployment.reporter
        if not self._deployment.gate.closed:
            reporter.error(message, urn)
        elif _ENDED_BY_ENGINE not in message:
            reporter.diagnostic("error", message, urn)

    def GetRootResource(self, request: Any, context: Any) -> Any:
        """Answer the URN that the program set as its stack's."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:
        """Note the URN of the program's stack."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any, context: Any) -> Any:
        """Accept any range: the SDK that is installed is the one that the engine is built for."""
        return engine_pb2.RequirePulumiVersionResponse()

    def StartDebugging(self, request: Any, context: Any) -> None:
        """Refuse debuggers."""
        context.abort(
            grpc.StatusCode.UNIMPLEMENTED,
            "not supported by the embedded engine: attaching a debugger",
        )
