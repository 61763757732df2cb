"""Whether both servers can be replicated from: the target too, for the way back.

Sources: AWS DMS User Guide, "Using a PostgreSQL database as an AWS DMS source" (prerequisites,
and "Enabling CDC using logical replication") and "PostgreSQL assessments"; PostgreSQL manual,
"Replication" under "Server Configuration".
"""

from collections.abc import Iterator

from functions.preflight.model import (
    BEFORE_LOAD,
    BOTH_PHASES,
    ON_BOTH,
    Check,
    Facts,
    Judge,
    Problem,
    Severity,
    each_row,
    reading,
)
from functions.runtime.route import Side

NEEDED = 1
"""A task takes one replication slot and one WAL sender for as long as it exists."""

SHORTEST_SENDER_TIMEOUT = 10_000
"""Milliseconds, from DMS's own assessment of `wal_sender_timeout`; 0 is no time-out at all."""

_SETTING = """
    SELECT setting::bigint, quote_ident(current_user), quote_ident(current_database())
      FROM pg_settings WHERE name = '{name}'
"""
_FREE = """
    SELECT current_setting('{bound}')::int - (SELECT count(*) FROM {taken})::int
"""
_ENCODING = """
    SELECT pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text
      FROM pg_database WHERE datname = current_database()
"""


def _wal_level(level: str) -> Problem | None:
    if level == "logical":
        return None
    return Problem(
        "wal_level",
        f"wal_level is {level}, so nothing can follow its changes: set rds.logical_replication to"
        " 1 in the DB cluster parameter group and restart the writer.",
    )


def _free(bound: str, why: str) -> Judge:
    """Return a judge of the places that are left of those that a parameter allows."""

    def rule(free: int) -> Problem | None:
        return None if free >= NEEDED else Problem(bound, why)

    return each_row(rule)


def _sender_timeout(milliseconds: int, role: str, database: str) -> Problem | None:
    if milliseconds == 0 or milliseconds >= SHORTEST_SENDER_TIMEOUT:
        return None
    return Problem(
        "wal_sender_timeout",
        f"A pause of {milliseconds} ms ends the stream of changes, and DMS needs 10 s at least.",
        f"ALTER ROLE {role} IN DATABASE {database} SET wal_sender_timeout = '60s'",
    )


def _idle_timeout(milliseconds: int, role: str, database: str) -> Problem | None:
    if milliseconds == 0:
        return None
    return Problem(
        "idle_in_transaction_session_timeout",
        f"DMS rests in open transactions while it loads, and they end after {milliseconds} ms.",
        f"ALTER ROLE {role} IN DATABASE {database} SET idle_in_transaction_session_timeout = 0",
    )


def _kept_wal(megabytes: int, _role: str, _database: str) -> Problem | None:
    if megabytes < 0:
        return None
    return Problem(
        "max_slot_wal_keep_size",
        f"A task that falls more than {megabytes} MB of WAL behind loses its slot, and has to load"
        " everything again: set max_slot_wal_keep_size to -1 in the DB cluster parameter group.",
    )


def _encoding(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    [(source, *_)], [(target, *_)] = facts.source, facts.target
    if source != target:
        yield (
            Side.TARGET,
            Problem(
                "encoding",
                f"The source's encoding is {source}, the target's {target}, which does not hold"
                " the same characters: create the target's database anew.",
            ),
        )


def _collation(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    [(_, *source)], [(_, *target)] = facts.source, facts.target
    if [_plain(each) for each in source] != [_plain(each) for each in target]:
        yield (
            Side.TARGET,
            Problem(
                "database collation",
                f"Text is ordered by {'/'.join(source)} on the source and by {'/'.join(target)} on"
                " the target, so ORDER BY and ranges of text give other answers.",
            ),
        )


def _plain(locale: str) -> str:
    return locale.lower().replace("-", "")


CHECKS = (
    Check(
        "logical-replication",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading("SELECT current_setting('wal_level')"),
        each_row(_wal_level),
        finds="`wal_level` other than `logical`",
        matters="without it nothing follows the changes, there or on the way back",
        remedy="`rds.logical_replication = 1` and a restart",
    ),
    Check(
        "free-replication-slots",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_FREE.format(bound="max_replication_slots", taken="pg_replication_slots")),
        _free(
            "max_replication_slots",
            "Every replication slot is taken, so a task cannot create its own: raise"
            " max_replication_slots in the DB cluster parameter group, or drop a slot left behind.",
        ),
        finds="no free replication slot",
        matters="each direction needs one",
        remedy="`max_replication_slots`, or drop a slot",
    ),
    Check(
        "free-wal-senders",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_FREE.format(bound="max_wal_senders", taken="pg_stat_replication")),
        _free(
            "max_wal_senders",
            "Every WAL sender is taken, so a task cannot read changes: raise max_wal_senders in"
            " the DB cluster parameter group.",
        ),
        finds="no free WAL sender",
        matters="each direction needs one",
        remedy="`max_wal_senders`",
    ),
    Check(
        "wal-sender-timeout",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_SETTING.format(name="wal_sender_timeout")),
        each_row(_sender_timeout),
        finds="`wal_sender_timeout` below 10 s",
        matters="DMS refuses to follow such a server",
        remedy="set it for the login in this database",
    ),
    Check(
        "idle-transaction-timeout",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_SETTING.format(name="idle_in_transaction_session_timeout")),
        each_row(_idle_timeout),
        finds="`idle_in_transaction_session_timeout` in force for the login",
        matters="it ends DMS's transactions while they rest",
        remedy="switch it off for the login in this database",
    ),
    Check(
        "kept-wal",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_SETTING.format(name="max_slot_wal_keep_size")),
        each_row(_kept_wal),
        finds="a bound on the WAL that a slot may keep",
        matters="a task that falls behind loses its slot and has to start over",
        remedy="`max_slot_wal_keep_size = -1`",
    ),
    Check(
        "encoding",
        Severity.BLOCKING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_ENCODING),
        _encoding,
        finds="databases of different encodings",
        matters="characters are refused or changed",
        remedy="create the target's database anew",
    ),
    Check(
        "database-collation",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_ENCODING),
        _collation,
        finds="databases of different collation or character classes",
        matters="text is ordered and matched in another way after the cutover",
        remedy="create the target's database anew",
    ),
)
