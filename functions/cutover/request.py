"""What the function is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from functions.cutover.errors import UnusableInputError
from functions.runtime.route import Side

LONGEST_RUN = 200

Choice = TypeVar("Choice", bound=StrEnum)


class Action(StrEnum):
    """What can be asked for."""

    PREPARE = "prepare"
    MARK = "mark"
    CUTOVER = "cutover"
    SETTLE = "settle"
    STATUS = "status"


@dataclass(frozen=True)
class Request:
    """An action for a run; `to` is the side that a cutover is to move the traffic to."""

    action: Action
    run: str
    to: Side | None = None

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> "Request":
        """Return the request that an event makes. Raises UnusableInputError."""
        unknown = sorted(event.keys() - {"action", "run", "to"})
        if unknown:
            raise UnusableInputError(f"unknown fields: {', '.join(unknown)}")
        run = event.get("run")
        if not isinstance(run, str) or not run or len(run) > LONGEST_RUN or "\0" in run:
            raise UnusableInputError(f"run is not text of 1 to {LONGEST_RUN} characters")
        action = _choice(Action, "action", event.get("action"))
        if action is Action.CUTOVER:
            return cls(action, run, _choice(Side, "to", event.get("to")))
        if event.get("to") is not None:
            raise UnusableInputError(f"to is for cutover, not for {action}")
        return cls(action, run)


def _choice(kind: type[Choice], name: str, value: object) -> Choice:
    for choice in kind:
        if value == choice.value:
            return choice
    raise UnusableInputError(f"{name} is none of {', '.join(kind)}")
