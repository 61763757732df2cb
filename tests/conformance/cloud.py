"""The embedded engine's test cloud, with what the CLI asks of a provider beyond it."""

# ruff: noqa: N802 - gRPC gives the methods their names

from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from tests.deploy.engines.embedded.memory_cloud import MemoryCloud


class ConformanceCloud(MemoryCloud):
    """Serves either engine. Source of the calls: pulumi/pulumi, proto/pulumi/provider.proto."""

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        self.calls["cancel", ""] += 1
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")
