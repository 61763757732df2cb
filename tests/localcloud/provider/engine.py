"""What an engine does with a provider: the calls of Pulumi's protocol over one connection."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc
from google.rpc import status_pb2  # type: ignore[import-untyped]  # generated, without stubs
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from localcloud.provider.wire import Properties, from_struct, to_struct

SECONDS = 60.0  # for a state that the cloud has to reach

_numbers = itertools.count(1)


class CheckFailedError(AssertionError):
    """The provider found the inputs wrong; ``faults`` are (property, reason)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in faults))


@dataclass
class Resource:
    """A resource as an engine's state has it."""

    urn: str
    resource_id: str
    inputs: Properties
    outputs: Properties


class Engine:
    """One connection to a provider: one provider instance."""

    def __init__(self, port: int) -> None:
        # A subchannel of its own, or gRPC shares the connection (and so the provider instance)
        # between all channels of a process that lead to the same address.
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]
        )
        self.stub = ResourceProviderStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._channel.close()

    def configure(self, settings: Properties) -> Any:
        return self.stub.Configure(proto.ConfigureRequest(args=to_struct(settings)))

    def check(
        self, kind: str, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None
    ) -> Properties:
        """Return the completed inputs; raises CheckFailedError."""
        response = self.stub.Check(
            proto.CheckRequest(
                urn=_urn(kind),
                news=to_struct(inputs),
                olds=to_struct(old or {}),
                randomSeed=b"seed-of-32-bytes-for-the-name---",
            )
        )
        if response.failures:
            raise CheckFailedError([(each.property, each.reason) for each in response.failures])
        return from_struct(response.inputs)

    def create(
        self, kind: str, inputs: Mapping[str, Any], operation_id: str | None = None
    ) -> Resource:
        """Check and create."""
        checked = self.check(kind, inputs)
        urn = _urn(kind)
        request = proto.CreateRequest(urn=urn, properties=to_struct(checked), timeout=SECONDS)
        metadata = [("operation-id", operation_id)] if operation_id else []
        response = self.stub.Create(request, metadata=metadata)
        return Resource(urn, response.id, checked, from_struct(response.properties))

    def preview_create(self, kind: str, inputs: Mapping[str, Any]) -> Properties:
        checked = self.check(kind, inputs)
        request = proto.CreateRequest(urn=_urn(kind), properties=to_struct(checked), preview=True)
        return from_struct(self.stub.Create(request).properties)

    def diff(self, resource: Resource, inputs: Mapping[str, Any]) -> Any:
        """Return the provider's DiffResponse between a resource and (checked) inputs."""
        return self.stub.Diff(
            proto.DiffRequest(
                id=resource.resource_id,
                urn=resource.urn,
                olds=to_struct(resource.outputs),
                old_inputs=to_struct(resource.inputs),
                news=to_struct(inputs),
            )
        )

    def read(self, resource: Resource) -> Resource | None:
        """Refresh: return the resource as it is, or None when it is gone."""
        response = self.stub.Read(
            proto.ReadRequest(
                id=resource.resource_id,
                urn=resource.urn,
                properties=to_struct(resource.outputs),
                inputs=to_struct(resource.inputs),
            )
        )
        if not response.id:
            return None
        outputs, inputs = from_struct(response.properties), from_struct(response.inputs)
        return Resource(resource.urn, response.id, inputs, outputs)

    def update(self, resource: Resource, inputs: Mapping[str, Any]) -> Resource:
        """Update to checked inputs."""
        response = self.stub.Update(
            proto.UpdateRequest(
                id=resource.resource_id,
                urn=resource.urn,
                olds=to_struct(resource.outputs),
                old_inputs=to_struct(resource.inputs),
                news=to_struct(inputs),
                timeout=SECONDS,
            )
        )
        outputs = from_struct(response.properties)
        return Resource(resource.urn, resource.resource_id, dict(inputs), outputs)

    def delete(self, resource: Resource) -> None:
        self.stub.Delete(
            proto.DeleteRequest(
                id=resource.resource_id,
                urn=resource.urn,
                properties=to_struct(resource.outputs),
                old_inputs=to_struct(resource.inputs),
                timeout=SECONDS,
            )
        )

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Properties:
        response = self.stub.Invoke(proto.InvokeRequest(tok=token, args=to_struct(arguments)))
        return from_struct(getattr(response, "return"))


def partial_creation(error: grpc.RpcError) -> Any:
    """Return the ErrorResourceInitFailed that a failed Create carries, or None."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            detail = proto.ErrorResourceInitFailed()
            if status.details and status.details[0].Unpack(detail):
                return detail
    return None


def _urn(kind: str) -> str:
    return f"urn:pulumi:local::tests::{kind}::example-{next(_numbers)}"
