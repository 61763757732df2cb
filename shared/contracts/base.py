"""The mechanism behind contracts: a layer's outputs as a frozen, documented dataclass.

A contract module declares one subclass of `Contract`, which makes it a frozen, keyword-only
dataclass without a decorator::

    class DataOutputs(Contract, layer="data", consumes=(NetworkOutputs,)):
        source_endpoint: Output[str] = output("Host name of the source writer", "db.invalid")

The class statement is the one place where a layer's name and the layers that it consumes are
written down: the deployment graph, the typed references and the ownership check derive from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from pulumi import Output

_METADATA_KEY = "contract"


@dataclasses.dataclass(frozen=True)
class OutputField:
    """What a contract says of one output."""

    name: str
    doc: str
    placeholder: Any
    secret: bool


def output(doc: str, placeholder: Any, *, secret: bool = False) -> Any:
    """Declare an output: what it is, and the value a preview takes before the producer exists.

    The placeholder has the output's type and shape, and passes for one: consumers' programs and
    providers check what they get. It is known by its looks (see `shared.placeholders`).
    """
    return dataclasses.field(
        metadata={_METADATA_KEY: {"doc": doc, "placeholder": placeholder, "secret": secret}}
    )


def placeholder_arn(service: str, resource: str) -> str:
    """Return an ARN that can be parsed, in an account that cannot be (AWS's have no such id)."""
    return f"arn:aws:{service}:us-east-1:000000000000:{resource}"


def placeholder_ids(prefix: str, first: int, count: int) -> list[str]:
    """Return identifiers as EC2 makes them: ``subnet-`` and 17 hexadecimal digits."""
    return [f"{prefix}-{number:017x}" for number in range(first, first + count)]


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(output,))
class Contract:
    """Base of every layer's outputs. Subclasses are frozen, keyword-only dataclasses.

    No field has a default, so a producer that forgets an output is a type error.
    """

    layer: ClassVar[str]
    consumes: ClassVar[tuple[type[Contract], ...]]

    def __init_subclass__(
        cls, *, layer: str, consumes: tuple[type[Contract], ...] = (), **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls.layer = layer
        cls.consumes = consumes

    @classmethod
    def fields(cls) -> Iterator[OutputField]:
        """Yield the declared outputs in the order of the class body."""
        for item in dataclasses.fields(cls):  # type: ignore[arg-type]
            declared = item.metadata.get(_METADATA_KEY)
            if declared is None:
                raise TypeError(f"{cls.__name__}.{item.name} is not declared with output(…)")
            yield OutputField(name=item.name, **declared)

    def items(self) -> Iterator[tuple[OutputField, Output[Any]]]:
        """Yield each declared output with its value."""
        for item in self.fields():
            yield item, getattr(self, item.name)
