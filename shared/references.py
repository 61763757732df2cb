"""Typed stack references: read another layer's contract, export one's own.

A program may read only the layers that its own contract declares in ``consumes``; that
declaration is what the orchestrator orders the layers by, so an undeclared read would be a
dependency that nothing respects.
"""

from typing import Any, TypeVar

import pulumi

from shared.contracts import CONTRACTS, Contract

C = TypeVar("C", bound=Contract)

ORGANIZATION = "organization"


class UndeclaredDependencyError(RuntimeError):
    """A layer reads another one that its contract does not declare in ``consumes``."""


class MissingOutputError(RuntimeError):
    """A deployed layer lacks an output that its contract promises: redeploy the producer."""


def require(contract: type[C]) -> C:
    """Return the outputs of the layer that ``contract`` describes, in this environment.

    Raises UndeclaredDependencyError when this program's own contract does not consume it, and
    MissingOutputError, once the value is known, when the producer's state has no such output.
    """
    consumer = CONTRACTS[pulumi.get_project()]
    if contract not in consumer.consumes:
        declared = ", ".join(c.layer for c in consumer.consumes) or "none"
        raise UndeclaredDependencyError(
            f"layer {consumer.layer} reads {contract.layer} but declares only: {declared}. "
            f"Add {contract.__name__} to consumes in {consumer.__module__}."
        )
    reference = pulumi.StackReference(f"{ORGANIZATION}/{contract.layer}/{pulumi.get_stack()}")
    values: dict[str, Any] = {
        field.name: _required(reference, contract, field.name, secret=field.secret)
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
