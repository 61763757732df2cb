"""Outputs that a change takes away from the layers that use them.

A layer's outputs are what its consumers build upon. Dropping one, or giving it another type, breaks
each deployed consumer at its next deployment, which another team runs. So a change is held against
the deployed outputs before anything is done. Pure: who asks brings states, contracts and owners.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from deploy.engines.embedded.view import StackState
from shared.contracts import Contract

OwnersOf = Callable[[str], tuple[str, ...]]
ReadsOf = Callable[[str], AbstractSet[str]]


@dataclass(frozen=True)
class Break:
    """One output of one producer that a consumer uses and would lose.

    `deployed_type` is what the consumer has now; `promised_type` what it would get, None when the
    output is dropped. `owners` are the consumer's teams, as CODEOWNERS names them.
    """

    producer: str
    output: str
    consumer: str
    owners: tuple[str, ...]
    deployed_type: str
    promised_type: str | None

    def __str__(self) -> str:
        change = (
            "is dropped"
            if self.promised_type is None
            else f"changes from {self.deployed_type} to {self.promised_type}"
        )
        team = ", ".join(self.owners) or "nobody in CODEOWNERS"
        return f"{self.producer}.{self.output} {change}; {self.consumer} ({team}) uses it"


def find(
    layer: str,
    promised: Mapping[str, Any],
    deployed: Mapping[str, StackState],
    contracts: Mapping[str, type[Contract]],
    owners: OwnersOf,
    *,
    unknown: AbstractSet[str] = frozenset(),
    reads: ReadsOf | None = None,
) -> list[Break]:
    """Return what a layer's new outputs take from deployed consumers, by consumer and output.

    `promised` are the outputs of a preview that succeeded, `unknown` the names of those whose value
    only the deployment will tell: these count as kept. `deployed` has the state of every layer that
    has one. With `reads` (such as `usage.attributes_read`) a consumer uses those outputs that its
    program reads; without, all of a contract that it consumes. `owners` is asked for folders, as
    in ``stacks/data/``.
    """
    if layer not in deployed:
        return []
    lost = _lost(deployed[layer].outputs, promised, unknown)
    return [
        Break(layer, name, consumer, owners(f"stacks/{consumer}/"), before, after)
        for consumer in _deployed_consumers(layer, deployed, contracts)
        for name, (before, after) in lost.items()
        if reads is None or name in reads(consumer)
    ]


def type_name(value: Any) -> str:
    """Return the type of an output's value in the terms of JSON, such as ``list of string``.

    Whole and fractional numbers are one type, for Pulumi's wire format has but one.
    """
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list | tuple):
        elements = sorted({type_name(item) for item in value})
        return f"list of {' or '.join(elements)}" if elements else "list"
    return "null" if value is None else "object"


def _lost(
    deployed: Mapping[str, Any], promised: Mapping[str, Any], unknown: AbstractSet[str]
) -> dict[str, tuple[str, str | None]]:
    """Return deployed and promised type of each output that is dropped (None) or retyped."""
    lost: dict[str, tuple[str, str | None]] = {}
    for name in sorted(deployed.keys() - unknown):
        before, after = deployed[name], promised.get(name)
        if before is None:
            continue  # a consumer has already no use of it
        if after is None:
            lost[name] = (type_name(before), None)
        elif not _fits(type_name(before), type_name(after)):
            lost[name] = (type_name(before), type_name(after))
    return lost


def _fits(before: str, after: str) -> bool:
    """Return whether a consumer of one type can take the other; an empty list fits every list."""
    empty = "list" in (before, after) and before.split()[0] == after.split()[0]
    return before == after or empty


def _deployed_consumers(
    layer: str, deployed: Mapping[str, StackState], contracts: Mapping[str, type[Contract]]
) -> list[str]:
    return sorted(
        name
        for name, contract in contracts.items()
        if any(upstream.layer == layer for upstream in contract.consumes)
        and name in deployed
        and deployed[name].resource_count
    )
