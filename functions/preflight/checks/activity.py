"""What goes on in the servers that a replication or a fence would wait for.

Sources: PostgreSQL manual, "pg_prepared_xacts", "pg_stat_activity", "pg_replication_slots";
"Logical Decoding Concepts": a slot is created once all transactions that run have ended.
"""

from collections.abc import Iterator

from functions.preflight.model import (
    BOTH_PHASES,
    ON_BOTH,
    Check,
    Facts,
    Phase,
    Problem,
    Severity,
    each_row,
    reading,
)
from functions.runtime.route import Side

_PREPARED = """
    SELECT quote_literal(gid), database = current_database(), quote_ident(database), prepared::text
      FROM pg_prepared_xacts ORDER BY prepared LIMIT 1000
"""
_TRANSACTIONS = """
    SELECT pid, quote_ident(usename), datname = current_database(),
           extract(epoch FROM clock_timestamp() - xact_start)::float8, state
      FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
     ORDER BY xact_start LIMIT 1000
"""
_SLOTS = """
    SELECT quote_literal(slot_name), quote_ident(slot_name), coalesce(database, ''),
           to_jsonb(slot) ->> 'wal_status',
           pg_size_pretty(pg_current_wal_lsn() - restart_lsn)
      FROM pg_replication_slots AS slot
     WHERE NOT active AND NOT temporary
     ORDER BY 1
"""


def _prepared(gid: str, here: bool, database: str, since: str) -> Problem | None:
    return Problem(
        f"prepared transaction {gid}",
        f"It was prepared at {since} in database {database} and holds its locks until it is"
        " decided: no slot can be created and no fence goes up. Ask its transaction manager first;"
        " COMMIT PREPARED keeps what it did.",
        f"ROLLBACK PREPARED {gid}" if here else None,
    )


def _long(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    limit = facts.situation.thresholds.longest_transaction_seconds
    loading = facts.situation.phase is Phase.BEFORE_LOAD
    for side in ON_BOTH:
        for pid, role, here, seconds, state in facts.rows(side):
            if seconds > limit and (here or loading):
                waits = "no slot can be created" if loading else "the fence may not go up"
                yield (
                    side,
                    Problem(
                        f"process {pid}",
                        f"A transaction of {role} ({state}) is {seconds:.0f} s old, and until it"
                        f" ends {waits}; ending its session rolls it back.",
                        f"SELECT pg_terminate_backend({pid})",
                    ),
                )


def _left_behind(
    literal: str, name: str, database: str, wal_status: str | None, kept: str | None
) -> Problem | None:
    if wal_status == "lost":
        return None
    return Problem(
        f"slot {name}",
        f"Nothing reads it, and it keeps {kept or 'no'} WAL that the storage has to hold; unless a"
        " stopped task is to go on with it, drop it.",
        f"SELECT pg_drop_replication_slot({literal})",
    )


def _lost(
    literal: str, name: str, database: str, wal_status: str | None, kept: str | None
) -> Problem | None:
    if wal_status != "lost":
        return None
    return Problem(
        f"slot {name}",
        "WAL that it needs is gone, so whoever reads it has missed changes and has to load"
        " everything again.",
        f"SELECT pg_drop_replication_slot({literal})",
    )


CHECKS = (
    Check(
        "prepared-transactions",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_PREPARED),
        each_row(_prepared),
        finds="prepared transactions that nobody has decided",
        matters="no slot can be created and no fence goes up while one is there",
        remedy="`ROLLBACK PREPARED` or `COMMIT PREPARED`",
    ),
    Check(
        "long-transactions",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_TRANSACTIONS),
        _long,
        finds="transactions older than `preflight_longest_transaction_seconds`",
        matters="creating a slot waits for each of them, and so may the fence",
        remedy="let them end, or end their sessions",
    ),
    Check(
        "slots-left-behind",
        Severity.WARNING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_SLOTS),
        each_row(_left_behind),
        finds="replication slots that nothing reads",
        matters="they keep WAL until the storage is full, also after a task was stopped",
        remedy="`pg_drop_replication_slot`",
    ),
    Check(
        "lost-slots",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_SLOTS),
        each_row(_lost),
        finds="replication slots whose WAL is gone",
        matters="changes are missing on the other side",
        remedy="drop it, and load again",
    ),
)
