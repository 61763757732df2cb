"""Which of the two databases is replicated from. What they are called does not follow from it."""

from enum import StrEnum
from typing import Any, TypeVar

from functions.runtime.route import Side

T = TypeVar("T")


class Direction(StrEnum):
    """Where replication goes, which after a cutover is from the target to the source."""

    FORWARD = "forward"
    REVERSE = "reverse"

    @classmethod
    def of_traffic(cls, active: Side) -> "Direction":
        """Return the direction in which the writes of the side with the traffic go."""
        return cls.FORWARD if active is Side.SOURCE else cls.REVERSE

    @property
    def publishing(self) -> Side:
        """The side that is replicated from."""
        return Side.SOURCE if self is Direction.FORWARD else Side.TARGET

    @property
    def subscribing(self) -> Side:
        """The side that is replicated to."""
        return Side.TARGET if self is Direction.FORWARD else Side.SOURCE

    def ordered(self, source: T, target: T) -> tuple[T, T]:
        """Return the publishing side's first; of what is in that order, the source's first."""
        return (source, target) if self is Direction.FORWARD else (target, source)


def with_direction(record: Any) -> Any:
    """Return a record of JSON with its direction; one of before there were two is forward."""
    return {"direction": Direction.FORWARD.value, **record} if isinstance(record, dict) else record
