"""Positions by logical replication slots: native logical replication, also pglogical's kind.

A slot's confirmed_flush_lsn is the position up to which its consumer has confirmed; a
subscription confirms what it has committed and flushed. It says nothing of a table whose initial
copy is under way: until its srsubstate is 'r' (ready), another worker applies its changes.

Sources: PostgreSQL manual, "pg_replication_slots", "pg_subscription", "pg_subscription_rel",
"pg_stat_subscription", "pg_stat_replication". All but the lag in seconds (which takes pg_monitor)
can be read by every role.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from functions.data_validation.errors import CheckpointError
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.wal import Lag, is_position, wal_position

TABLES_NAMED = 3
"""Tables in a message, of those that are still being copied."""

# Columns that older versions lack are taken from the row as JSON, where they are null.
_SLOTS = """
    SELECT slot_name::text, active, to_jsonb(slot) ->> 'wal_status',
           coalesce(confirmed_flush_lsn >= $2::pg_lsn, false)
    FROM pg_catalog.pg_replication_slots AS slot
    WHERE slot_type = 'logical' AND database = current_database()
      AND ($1::text[] IS NULL OR slot_name = ANY ($1::text[]))
"""
_SUBSCRIPTIONS = """
    SELECT subname::text, subslotname::text, subenabled,
           EXISTS (SELECT FROM pg_catalog.pg_stat_subscription AS worker
                   WHERE worker.subid = subscription.oid AND worker.relid IS NULL
                     AND worker.pid IS NOT NULL AND worker.received_lsn IS NOT NULL),
           ARRAY (SELECT srrelid::regclass::text FROM pg_catalog.pg_subscription_rel
                  WHERE srsubid = subscription.oid AND srsubstate <> 'r' ORDER BY 1)
    FROM pg_catalog.pg_subscription AS subscription
    WHERE subslotname IS NOT NULL
      AND subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    ORDER BY 1
"""
_LAG = """
    SELECT max(pg_catalog.pg_current_wal_insert_lsn() - confirmed_flush_lsn)::bigint,
           max(extract(epoch FROM replay_lag))::float8
    FROM pg_catalog.pg_replication_slots AS slot
    LEFT JOIN pg_catalog.pg_stat_replication AS sender ON sender.pid = slot.active_pid
    WHERE slot_name = ANY ($1::text[])
"""


@dataclass(frozen=True)
class Slot:
    """A logical slot of the source's database. `passed` is about the mark that was asked for."""

    name: str
    active: bool
    lost: bool
    passed: bool


@dataclass(frozen=True)
class Subscription:
    """A subscription of the target's database.

    `running` is whether its worker has heard from the slot: one whose slot is gone starts in vain
    every few seconds. `copying` are tables that are not ready yet.
    """

    name: str
    slot: str
    enabled: bool
    running: bool
    copying: tuple[str, ...]


def read_slots(source: Session, names: list[str] | None, mark: str) -> dict[str, Slot]:
    """Return the slots of these names (None: all) that exist, by name."""
    return {
        name: Slot(name, active, wal_status == "lost", passed)
        for name, active, wal_status, passed in source.run(_SLOTS, [names, mark])
    }


def read_subscriptions(target: Session) -> dict[str, Subscription]:
    """Return the subscriptions of the session's database that have a slot, by the slot's name."""
    return {
        slot: Subscription(name, slot, enabled, running, tuple(copying))
        for name, slot, enabled, running, copying in target.run(_SUBSCRIPTIONS)
    }


class Slots:
    """Positions by one or more slots. The target has passed a mark when all of them have."""

    def __init__(self, writers: Sides, slots: Mapping[str, str | None]) -> None:
        """Use these slots, each with its subscription's name, None if the target has none for it.

        A subscription that is given has to stay: without it nothing passes.
        """
        self._writers = writers
        self._slots = dict(slots)

    def mark(self) -> str:
        """Return the publisher's position. Raises UnusableInputError on a replica."""
        return wal_position(self._writers.publisher)

    def passed(self, mark: str) -> bool:
        """Tell whether every slot has confirmed `mark`, with nothing left that may hinder it.

        Raises CheckpointError for a mark that is no position in the WAL.
        """
        if not is_position(mark):
            raise CheckpointError(f"{mark!r} is no position in the WAL: other positions made it")
        slots = read_slots(self._writers.publisher, list(self._slots), mark)
        if not all(name in slots and slots[name].passed for name in self._slots):
            return False
        return not any(self._hindrances(slots, read_subscriptions(self._writers.subscriber)))

    def lag(self) -> Lag | None:
        """Return the largest lag of the slots; seconds are None to a role without pg_monitor."""
        [(behind, seconds)] = self._writers.publisher.run(_LAG, [list(self._slots)])
        if behind is None:
            return None
        behind = max(0, behind)
        return Lag(behind, 0.0 if behind == 0 else seconds)

    def describe(self) -> str:
        """Return the choice of these slots, as choose_positions() takes it."""
        return "slot:" + ",".join(self._slots)

    def reason(self) -> str | None:
        """Return why the target may never pass a mark, None if nothing is known against it."""
        slots = read_slots(self._writers.publisher, list(self._slots), "0/0")
        subscriptions = read_subscriptions(self._writers.subscriber)
        reasons = [*self._hindrances(slots, subscriptions), *self._pauses(slots, subscriptions)]
        return "; ".join(reasons) or None

    def _hindrances(
        self, slots: Mapping[str, Slot], subscriptions: Mapping[str, Subscription]
    ) -> Iterator[str]:
        """Yield what makes a slot's position mean nothing, or stand still for good."""
        direction = self._writers.direction
        for slot, subscription in self._slots.items():
            if slot not in slots:
                yield f"slot {slot} is not on the {direction.publishing}"
            elif slots[slot].lost:
                yield f"slot {slot} has lost WAL that it needs"
            if slot in subscriptions:
                yield from _subscription_hindrances(subscriptions[slot])
            elif subscription is not None:
                yield (
                    f"subscription {subscription} of slot {slot} is not on the"
                    f" {direction.subscribing}"
                )

    def _pauses(
        self, slots: Mapping[str, Slot], subscriptions: Mapping[str, Subscription]
    ) -> Iterator[str]:
        """Yield what may pass by itself: a worker that failed starts again every few seconds."""
        log = f"see the {self._writers.direction.subscribing}'s log"
        for slot in slots.values():
            subscription = subscriptions.get(slot.name)
            if subscription is not None and subscription.enabled and not subscription.running:
                yield f"subscription {subscription.name} receives nothing; {log}"
            elif subscription is None and not slot.active:
                yield f"nothing reads slot {slot.name}"


def _subscription_hindrances(subscription: Subscription) -> Iterator[str]:
    if not subscription.enabled:
        yield f"subscription {subscription.name} is disabled"
    if subscription.copying:
        named = ", ".join(subscription.copying[:TABLES_NAMED])
        more = len(subscription.copying) - TABLES_NAMED
        yield (
            f"subscription {subscription.name} is still copying {named}"
            + (f" and {more} more" if more > 0 else "")
        )
