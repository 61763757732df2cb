"""What the function answers, as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from functions.cutover.control_schema import SideRecord
from functions.runtime.route import Route, Side


class Outcome(StrEnum):
    """How a call ended.

    For settle and status, which ask for no side, `cut_over` means that the target has the traffic.
    """

    PREPARED = "prepared"
    MARKED = "marked"
    CUT_OVER = "cut_over"
    NOT_CUT_OVER = "not_cut_over"

    @classmethod
    def of(cls, active: Side, wanted: Side) -> "Outcome":
        """Return whether the wanted side has the traffic."""
        return cls.CUT_OVER if active is wanted else cls.NOT_CUT_OVER


@dataclass(frozen=True)
class Answer:
    """One answer; `sequences` is how many were advanced, `records` are for status."""

    outcome: Outcome
    route: Route
    reason: str | None = None
    window_milliseconds: float | None = None
    steps: list[dict[str, str | float]] = field(default_factory=list)
    sequences: int = 0
    records: Mapping[Side, SideRecord | None] | None = None
    settled: bool | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        document: dict[str, Any] = {
            "outcome": self.outcome.value,
            "active": self.route.active.value,
            "epoch": self.route.epoch,
            "reason": self.reason,
            "window_milliseconds": self.window_milliseconds,
            "steps": self.steps,
            "sequences": self.sequences,
        }
        if self.records is not None:
            document["settled"] = self.settled
            document["sides"] = {
                side.value: record.document() if record else None
                for side, record in self.records.items()
            }
        return document
