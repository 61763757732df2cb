"""Typed stack references: read another layer's contract, export one's own.

A program may read only the layers that its own contract declares in ``consumes``; that
declaration is what the orchestrator orders the layers by, so an undeclared read would be a
dependency that nothing respects.

A preview may be asked to take the contract's placeholders for a layer that is not deployed yet
(see `shared.placeholders`). Nothing but a preview gets them.
"""

import os
from typing import Any, TypeVar

import pulumi

from shared import placeholders
from shared.contracts import CONTRACTS, Contract

C = TypeVar("C", bound=Contract)

ORGANIZATION = "organization"


class UndeclaredDependencyError(RuntimeError):
    """A layer reads another one that its contract does not declare in ``consumes``."""


class MissingOutputError(RuntimeError):
    """A deployed layer lacks an output that its contract promises: redeploy the producer."""


def require(contract: type[C]) -> C:
    """Return the outputs of the layer that ``contract`` describes, in this environment.

    Raises UndeclaredDependencyError when this program's own contract does not consume it,
    MissingOutputError, once the value is known, when the producer's state has no such output, and
    pulumi.RunError when placeholders are asked for by anything but a preview.
    """
    consumer = CONTRACTS[pulumi.get_project()]
    if contract not in consumer.consumes:
        declared = ", ".join(c.layer for c in consumer.consumes) or "none"
        raise UndeclaredDependencyError(
            f"layer {consumer.layer} reads {contract.layer} but declares only: {declared}. "
            f"Add {contract.__name__} to consumes in {consumer.__module__}."
        )
    if contract.layer in layers_on_placeholders():
        return _stand_in(contract)
    reference = pulumi.StackReference(f"{ORGANIZATION}/{contract.layer}/{pulumi.get_stack()}")
    values: dict[str, Any] = {
        field.name: _required(reference, contract, field.name, secret=field.secret)
        for field in contract.fields()
    }
    return contract(**values)


def layers_on_placeholders() -> frozenset[str]:
    """Return the layers whose placeholders this preview takes for their outputs.

    Raises pulumi.RunError when there are any and the run is no preview, or one is no layer.
    """
    try:
        layers = placeholders.requested(os.environ, CONTRACTS)
    except ValueError as error:
        raise pulumi.RunError(str(error)) from error
    if layers and not pulumi.runtime.is_dry_run():
        listed = " ".join(layer for layer in CONTRACTS if layer in layers)
        raise pulumi.RunError(
            f"{placeholders.VARIABLE} is set, but placeholders are for previews only: this run "
            f"would deploy them. Unset it, and deploy what is missing (invoke deploy {listed})"
        )
    return layers


def _stand_in(contract: type[C]) -> C:
    pulumi.log.warn(
        f"{contract.layer} is not deployed: this preview takes placeholders for its outputs"
    )
    values = {
        field.name: pulumi.Output.secret(field.placeholder)
        if field.secret
        else pulumi.Output.from_input(field.placeholder)
        for field in contract.fields()
    }
    return contract(**values)


def _required(
    reference: pulumi.StackReference, contract: type[Contract], name: str, *, secret: bool
) -> pulumi.Output[Any]:
    def present(value: Any) -> Any:
        if value is None:
            raise MissingOutputError(
                f"layer {contract.layer} has no output {name}: deploy it again "
                f"(invoke deploy {contract.layer})"
            )
        return _whole_numbers(value)

    value = reference.get_output(name).apply(present)
    return pulumi.Output.secret(value) if secret else value


def export(outputs: Contract) -> None:
    """Export a layer's whole contract as the stack's outputs."""
    for field, value in outputs.items():
        pulumi.export(field.name, pulumi.Output.secret(value) if field.secret else value)


def _whole_numbers(value: Any) -> Any:
    """Return the value with 5432.0 as 5432: Pulumi's wire format has only floating point."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return value
