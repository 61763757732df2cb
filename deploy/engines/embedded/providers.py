"""One configured provider: a connection to a gRPC `ResourceProvider` server and calls over it.

Each instance has a connection of its own, because a server that many instances share tells their
settings apart by connection. Protocol: pulumi/pulumi, proto/pulumi/provider.proto.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
from google.rpc import status_pb2  # type: ignore[import-untyped]  # generated, without stubs
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from deploy.engines.embedded import urns
from deploy.engines.embedded.assets import AssetPaths
from deploy.engines.embedded.encryption import canonical_json
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.ledger import KeepPendingError
from deploy.engines.embedded.planning import Difference
from deploy.engines.embedded.state import ResourceState
from deploy.engines.embedded.values import (
    Properties,
    contains_secret,
    contains_unknown,
    copy_secretness,
    decode,
    encode,
    secret,
    signature,
    simplify,
)

_MESSAGE_BYTES = 400 * 1024 * 1024
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.use_local_subchannel_pool", 1),
)
OPERATION_ID = "operation-id"
"""Metadata key of a Create: the server answers a repeated id with the first one's outcome."""

_LOST_CONTACT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
"""A server that stops cancels its calls; nobody else does, for the engine never cancels one."""

_REPLACING_KINDS = (
    provider_pb2.PropertyDiff.ADD_REPLACE,
    provider_pb2.PropertyDiff.DELETE_REPLACE,
    provider_pb2.PropertyDiff.UPDATE_REPLACE,
)
_INTERNAL = "__internal"
"""Key under which a provider's recorded inputs hold what the provider itself is not told."""


class InitializationError(OperationError):
    """A resource was created or updated but did not become ready. It exists: `id` is valid."""

    def __init__(self, message: str, resource_id: str, outputs: Properties, reasons: list[str]):
        super().__init__(message)
        self.resource_id = resource_id
        self.outputs = outputs
        self.reasons = reasons or [message]


class ProviderGoneError(KeepPendingError, OperationError):
    """The provider does not answer, so nobody knows what became of the call."""


@dataclass(frozen=True)
class Outcome:
    """What a Create, Update or Read answered. The id is empty where nothing exists."""

    id: str
    outputs: Properties
    inputs: Properties


def operation_id(resource: ResourceState) -> str:
    """Return the id of the creation of a resource, from what its pending operation records."""
    return hashlib.sha256(f"{resource.urn}\n{resource.created}".encode()).hexdigest()


def settings_of(inputs: Mapping[str, Any]) -> Properties:
    """Return the settings in a provider's recorded inputs."""
    return {key: value for key, value in inputs.items() if key != _INTERNAL}


class ProviderInstance:
    """One provider with one configuration. Thread-safe after `configure`.

    `known` is False in a preview whose settings depend on resources that do not exist yet: such a
    provider can be asked nothing.
    """

    def __init__(self, package: str, address: str, asset_paths: AssetPaths) -> None:
        self.package = package
        self.address = address
        self.known = True
        self.supports_preview = False
        self._accepts_secrets = False
        self._asset_paths = asset_paths
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def check_config(self, urn: str, old: Properties, new: Properties) -> Properties:
        """Return the settings as the provider wants them. Raises OperationError for bad ones."""
        request = provider_pb2.CheckRequest(
            urn=urn,
            olds=encode(simplify(old)),
            news=encode(simplify(new)),
            name=urns.name(urn),
            type=urns.resource_type(urn),
        )
        response = self._call("CheckConfig", request)
        if response.failures:
            raise OperationError(_failures(f"provider {self.package}", response.failures))
        return copy_secretness(decode(response.inputs), new)

    def diff_config(
        self, urn: str, resource_id: str, old: Properties, new: Properties
    ) -> Difference:
        """Return how new settings differ from old ones; replacing ones concern all resources."""
        request = provider_pb2.DiffRequest(
            urn=urn,
            id=resource_id,
            olds=encode(simplify(old)),
            old_inputs=encode(simplify(old)),
            news=encode(simplify(new)),
            name=urns.name(urn),
            type=urns.resource_type(urn),
        )
        return _difference(self._call("DiffConfig", request), unknown_means=True)

    def configure(self, urn: str, resource_id: str, settings: Properties) -> None:
        """Give the provider its settings, unless they are not all known yet."""
        self.known = not contains_unknown(settings)
        if not self.known:
            return
        plain = simplify(settings)
        variables = {
            f"{self.package}:config:{key}": value
            if isinstance(value, str)
            else canonical_json(value)
            for key, value in plain.items()
            if key != "version"
        }
        request = provider_pb2.ConfigureRequest(
            args=encode(plain),
            variables=variables,
            acceptSecrets=True,
            acceptResources=False,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            id=resource_id,
            urn=urn,
            name=urns.name(urn),
            type=urns.resource_type(urn),
        )
        response = self._call("Configure", request)
        self._accepts_secrets = response.acceptSecrets
        self.supports_preview = response.supportsPreview

    def check(
        self, urn: str, old: ResourceState | None, inputs: Properties, seed: bytes
    ) -> Properties:
        """Return the inputs with the provider's defaults. Raises OperationError for bad ones."""
        if not self.known:
            return inputs
        request = provider_pb2.CheckRequest(
            urn=urn,
            olds=self._wire(old.inputs if old else {}),
            news=self._wire(inputs),
            randomSeed=seed,
            name=urns.name(urn),
            type=urns.resource_type(urn),
        )
        response = self._call("Check", request)
        if response.failures:
            kind = urns.resource_type(urn)
            raise OperationError(_failures(f"{kind} '{urns.name(urn)}'", response.failures))
        return self._answered(response.inputs, inputs)

    def diff(
        self, urn: str, old: ResourceState, inputs: Properties, ignored: list[str]
    ) -> Difference:
        """Return how new inputs differ from a resource's old ones."""
        differs = simplify(old.inputs) != simplify(inputs)
        if not self.known:
            return Difference(differs)
        request = provider_pb2.DiffRequest(
            urn=urn,
            id=old.id,
            olds=self._wire(old.outputs),
            old_inputs=self._wire(old.inputs),
            news=self._wire(inputs),
            ignoreChanges=ignored,
            name=urns.name(urn),
            type=urns.resource_type(urn),
        )
        return _difference(self._call("Diff", request), unknown_means=differs)

    def create(self, resource: ResourceState, *, preview: bool = False) -> Outcome:
        """Create a resource; safe to repeat for one that an earlier run had begun to create.

        Raises InitializationError for one that exists but is not ready, ProviderGoneError when
        the outcome is unknown, else OperationError.
        """
        request = provider_pb2.CreateRequest(
            urn=resource.urn,
            properties=self._wire(resource.inputs),
            timeout=resource.custom_timeouts.get("create", 0),
            preview=preview,
            name=resource.name,
            type=resource.type,
        )
        metadata = () if preview else ((OPERATION_ID, operation_id(resource)),)
        response = self._call("Create", request, metadata, secrets_of=resource.inputs)
        if not response.id and not preview:
            raise OperationError("the provider answered a Create without an id")
        outputs = self._answered(response.properties, resource.inputs)
        return Outcome(response.id, outputs, resource.inputs)

    def update(
        self, old: ResourceState, new: ResourceState, ignored: list[str], *, preview: bool = False
    ) -> Outcome:
        """Update a resource to new inputs. Raises like `create`."""
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=new.urn,
            olds=self._wire(old.outputs),
            old_inputs=self._wire(old.inputs),
            news=self._wire(new.inputs),
            timeout=new.custom_timeouts.get("update", 0),
            ignoreChanges=ignored,
            preview=preview,
            name=new.name,
            type=new.type,
        )
        response = self._call("Update", request, secrets_of=new.inputs)
        return Outcome(old.id, self._answered(response.properties, new.inputs), new.inputs)

    def delete(self, resource: ResourceState) -> None:
        """Delete a resource."""
        request = provider_pb2.DeleteRequest(
            id=resource.id,
            urn=resource.urn,
            properties=self._wire(resource.outputs),
            old_inputs=self._wire(resource.inputs),
            timeout=resource.custom_timeouts.get("delete", 0),
            name=resource.name,
            type=resource.type,
        )
        self._call("Delete", request)

    def read(self, urn: str, resource_id: str, inputs: Properties) -> Outcome:
        """Return a resource as it is in the cloud. Raises OperationError when there is none."""
        found = self._read(urn, resource_id, inputs, inputs)
        if found is None:
            raise OperationError(f"{urns.resource_type(urn)} '{resource_id}' does not exist")
        return found

    def refresh(self, resource: ResourceState) -> Outcome | None:
        """Return one of the stack's own resources as it is in the cloud; None when it is gone."""
        return self._read(resource.urn, resource.id, resource.inputs, resource.outputs)

    def _read(
        self, urn: str, resource_id: str, inputs: Properties, outputs: Properties
    ) -> Outcome | None:
        request = provider_pb2.ReadRequest(
            id=resource_id,
            urn=urn,
            properties=self._wire(outputs),
            inputs=self._wire(inputs),
            name=urns.name(urn),
            type=urns.resource_type(urn),
        )
        response = self._call("Read", request)
        if not response.id:
            return None
        return Outcome(
            response.id,
            self._answered(response.properties, outputs),
            self._answered(response.inputs, inputs),
        )

    def invoke(self, token: str, arguments: Properties, *, preview: bool) -> Any:
        """Call a function of the provider; return its InvokeResponse."""
        request = provider_pb2.InvokeRequest(tok=token, args=self._wire(arguments), preview=preview)
        response = self._call("Invoke", request)
        if contains_secret(arguments) and not self._accepts_secrets:
            result = decode(getattr(response, "return"))
            marked = encode({key: secret(value) for key, value in result.items()})
            return provider_pb2.InvokeResponse(failures=response.failures, **{"return": marked})
        return response

    def _wire(self, properties: Properties) -> Any:
        simple = simplify(properties, keep_secrets=self._accepts_secrets)
        return encode(self._asset_paths.to_absolute(simple))

    def _answered(self, struct: Any, sent: Properties) -> Properties:
        answer: Properties = self._asset_paths.to_original(decode(struct))
        if not self._accepts_secrets:
            answer = copy_secretness(answer, sent)
        return {
            key: secret(value) if signature(sent.get(key)) == signature(secret(None)) else value
            for key, value in answer.items()
        }

    def _call(
        self,
        method: str,
        request: Any,
        metadata: tuple[tuple[str, str], ...] = (),
        secrets_of: Properties | None = None,
    ) -> Any:
        try:
            return getattr(self._stub, method)(request, metadata=metadata)
        except grpc.RpcError as error:
            self._raise(error, secrets_of or {})

    def _raise(self, error: Any, sent: Properties) -> NoReturn:
        """Raise what a failed call means: lost contact, half-done, or plainly refused."""
        details = error.details() or "the provider gave no reason"
        if error.code() in _LOST_CONTACT:
            raise ProviderGoneError(
                f"the provider of package {self.package!r} at {self.address} does not answer: "
                f"{details}"
            ) from None
        partial = _initialization_failure(error)
        if partial is not None:
            outputs = self._answered(partial.properties, sent)
            reasons = list(partial.reasons)
            message = "\n".join([details, *(reason for reason in reasons if reason != details)])
            raise InitializationError(message, partial.id, outputs, reasons) from None
        raise OperationError(details) from None


def _initialization_failure(error: Any) -> Any:
    """Return the ErrorResourceInitFailed among an error's details, or None.

    Rich errors travel as a serialised google.rpc.Status in trailing metadata (gRPC guide,
    "Error handling").
    """
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                failure = provider_pb2.ErrorResourceInitFailed()
                if detail.Unpack(failure):
                    return failure
    return None


def _difference(response: Any, *, unknown_means: bool) -> Difference:
    changed = response.changes == provider_pb2.DiffResponse.DIFF_SOME
    if response.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
        changed = unknown_means
    properties = set(response.diffs)
    replacing = list(response.replaces)
    if response.hasDetailedDiff:
        properties.update(response.detailedDiff)
        detailed = response.detailedDiff.items()
        replacing += [path for path, item in detailed if item.kind in _REPLACING_KINDS]
    return Difference(
        changed=changed or bool(replacing),
        properties=tuple(sorted(properties)),
        replacing=tuple(sorted(set(replacing))),
        delete_before_replace=response.deleteBeforeReplace,
    )


def _failures(subject: str, failures: Any) -> str:
    return "\n".join(
        f"{subject}: {failure.reason}" + (f" ({failure.property})" if failure.property else "")
        for failure in failures
    )
