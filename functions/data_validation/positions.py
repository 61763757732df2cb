"""Positions of replication: where the source is, and whether the target has got there.

Of a comparison in the other direction it is the source that has to get to where the target is:
publisher and subscriber are what `sessions.Sides` calls so.

| `replication`                | positions                                                        |
|------------------------------|------------------------------------------------------------------|
| `none`                       | AtRest: nothing is under way from the source to the target       |
| `slot:NAME[,NAME…]`          | Slots: what has been confirmed to logical slots of the source    |
| `sentinel:SCHEMA.TABLE`      | Sentinel: a row that is replicated like any other, as DMS needs  |
| `auto`                       | the slots of the target's subscriptions, none if there are none  |
"""

from collections.abc import Mapping
from typing import Protocol

from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.sentinel import Sentinel
from functions.data_validation.sessions import Sides
from functions.data_validation.slots import Slot, Slots, read_slots, read_subscriptions
from functions.data_validation.wal import Lag, Readiness, replica_ready, wal_position

__all__ = [
    "AtRest",
    "Lag",
    "Positions",
    "Readiness",
    "Sentinel",
    "Slots",
    "choose_positions",
    "replica_ready",
    "wal_position",
]

AUTO = "auto"
NONE = "none"
FORMS = "auto, none, slot:NAME or sentinel:SCHEMA.TABLE"


class Positions(Protocol):
    """Marks on the source, and the target's way to them. Nothing here waits.

    Every method may raise DatabaseError.
    """

    def mark(self) -> str:
        """Return a position behind all transactions that were visible before the call."""
        ...

    def passed(self, mark: str) -> bool:
        """Tell whether the target shows, for good, every transaction up to `mark`."""
        ...

    def lag(self) -> Lag | None:
        """Return how far the target is behind, None if nothing is known of it."""
        ...

    def describe(self) -> str:
        """Return the choice that these positions are, as choose_positions() takes it."""
        ...

    def reason(self) -> str | None:
        """Return why the target may never pass a mark, None if nothing is known against it."""
        ...


class AtRest:
    """Nothing is replicated: what the target shows now is all that it will show."""

    def mark(self) -> str:
        """Return the only mark that there is."""
        return NONE

    def passed(self, mark: str) -> bool:
        """Return True. Raises CheckpointError for a mark that other positions made."""
        if mark != NONE:
            raise CheckpointError(f"{mark!r} was marked while there was replication")
        return True

    def lag(self) -> Lag | None:
        """Return None: there is no lag where nothing is under way."""
        return None

    def describe(self) -> str:
        """Return the choice of being at rest."""
        return NONE

    def reason(self) -> str | None:
        """Return None: every mark is passed."""
        return None


def choose_positions(writers: Sides, replication: str) -> Positions:
    """Return the positions that `replication` asks for, between two writers.

    Raises UnusableInputError for a choice that is none of FORMS, or that cannot work here.
    `describe()` of the result is the same choice without `auto`: a run that is to be resumed
    keeps that, so that its marks go on to mean the same.
    """
    kind, _, name = replication.partition(":")
    if replication == NONE:
        return AtRest()
    if replication == AUTO:
        return _automatic(writers)
    if kind == "slot" and name:
        return _named_slots(writers, name.split(","))
    if kind == "sentinel" and name:
        return _sentinel(writers, name)
    raise UnusableInputError(f"replication {replication!r} is none of {FORMS}")


def _automatic(writers: Sides) -> Positions:
    """Find the subscriptions that belong to this publisher.

    A subscription without its slot here is of another source if it works, else it is broken: then
    it is used, so that nothing passes and the reason is told.
    """
    slots = _all_slots(writers)
    subscriptions = read_subscriptions(writers.subscriber)
    used: dict[str, str | None] = {
        slot: subscription.name
        for slot, subscription in subscriptions.items()
        if slot in slots or not subscription.running
    }
    if used:
        return Slots(writers, used)
    others = sorted(slot.name for slot in slots.values() if slot.active)
    publishing, fed = writers.direction.publishing, writers.direction.subscribing
    if others:
        raise UnusableInputError(
            f"something reads logical slots of the {publishing} ({', '.join(others)}), and it is no"
            f" subscription of the {fed}; say replication sentinel:SCHEMA.TABLE if AWS DMS feeds"
            f" the {fed}, slot:NAME for another kind of replication, none if nothing does"
        )
    return AtRest()


def _named_slots(writers: Sides, names: list[str]) -> Positions:
    slots = _all_slots(writers)
    subscriptions = read_subscriptions(writers.subscriber)
    unknown = [name for name in names if name not in slots and name not in subscriptions]
    if unknown:
        raise UnusableInputError(
            f"the {writers.direction.publishing}'s database has no logical slot"
            f" {', '.join(unknown)}; it has " + (", ".join(sorted(slots)) or "none")
        )
    return Slots(
        writers,
        {name: subscriptions[name].name if name in subscriptions else None for name in names},
    )


def _sentinel(writers: Sides, name: str) -> Positions:
    schema, _, table = name.partition(".")
    if not schema or not table:
        raise UnusableInputError(f"sentinel {name!r} is not SCHEMA.TABLE")
    sentinel = Sentinel(writers, schema, table)
    sentinel.check()
    return sentinel


def _all_slots(writers: Sides) -> Mapping[str, Slot]:
    return read_slots(writers.publisher, None, "0/0")
