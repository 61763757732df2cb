"""Positions that need no replication: at rest, by a sentinel; and what is refused.

Positions by slots are tested in test_live, with the replication that they are about.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from psycopg import sql

from functions.data_validation import pg8000_session
from functions.data_validation.errors import CheckpointError, UnusableInputError
from functions.data_validation.positions import (
    FORMS,
    AtRest,
    Lag,
    Readiness,
    Sentinel,
    Slots,
    choose_positions,
    replica_ready,
    wal_position,
)
from functions.data_validation.sessions import Session, Sides
from functions.runtime.connections import Server
from functions.runtime.errors import DatabaseError, SideUnavailableError
from tests.functions.data_validation.support import Databases

SENTINEL = "sentinel:public.sentinel"
TABLE = "CREATE TABLE public.sentinel (id int PRIMARY KEY, value bigint NOT NULL)"


class Scripted:
    """A session that gives one answer to anything, or fails."""

    def __init__(self, answer: list[tuple[Any, ...]] | DatabaseError) -> None:
        self._answer = answer

    def run(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if isinstance(self._answer, DatabaseError):
            raise self._answer
        return self._answer

    def close(self) -> None:
        pass


def copy_sentinel(databases: Databases) -> None:
    """Do what replication does."""
    rows = databases.source.execute("SELECT id, value FROM public.sentinel").fetchall()
    databases.target.execute("DELETE FROM public.sentinel")
    for row in rows:
        databases.target.execute("INSERT INTO public.sentinel VALUES (%s, %s)", row)


@pytest.mark.parametrize("choice", ["", "slots", "slot:", "sentinel:", "AUTO", "slot", "none:x"])
def test_what_is_no_choice_is_refused_with_the_choices_there_are(choice: str) -> None:
    writers = Sides(Scripted([]), Scripted([]))
    with pytest.raises(UnusableInputError, match=re.escape(FORMS)):
        choose_positions(writers, choice)


@pytest.mark.parametrize("name", ["sentinel", ".sentinel", "public."])
def test_a_sentinel_has_a_schema_and_a_name(name: str) -> None:
    with pytest.raises(UnusableInputError, match=r"is not SCHEMA\.TABLE"):
        choose_positions(Sides(Scripted([]), Scripted([])), f"sentinel:{name}")


def test_at_rest_every_mark_of_its_own_is_passed_and_no_other_means_anything() -> None:
    positions = AtRest()
    assert positions.passed(positions.mark())
    assert (positions.lag(), positions.reason(), positions.describe()) == (None, None, "none")
    with pytest.raises(CheckpointError, match="while there was replication"):
        positions.passed("0/16B3748")


@pytest.mark.postgres
def test_without_any_subscription_or_slot_the_databases_are_at_rest(databases: Databases) -> None:
    assert choose_positions(databases.sides(), "auto").describe() == "none"


@pytest.mark.postgres
def test_an_unknown_slot_is_refused(databases: Databases) -> None:
    with pytest.raises(UnusableInputError, match="no logical slot missing; it has none"):
        choose_positions(databases.sides(), "slot:missing")


@pytest.mark.postgres
def test_a_sentinel_is_passed_when_the_target_shows_its_value_or_a_later_one(
    databases: Databases,
) -> None:
    databases.execute(TABLE)
    positions = choose_positions(databases.sides(), SENTINEL)
    assert positions.reason() is None
    assert positions.lag() is None
    first = positions.mark()
    assert (first, positions.passed(first)) == ("1", False)
    assert (
        positions.reason() == "sentinel public.sentinel is at 1 on the source, at 0 on the target"
    )
    second = positions.mark()
    copy_sentinel(databases)
    assert positions.passed(first)
    assert positions.passed(second)
    assert not positions.passed(positions.mark())
    assert positions.describe() == SENTINEL


@pytest.mark.postgres
def test_what_the_target_counted_itself_is_no_mark_of_the_source(databases: Databases) -> None:
    databases.execute(TABLE)
    databases.source.execute("INSERT INTO public.sentinel VALUES (1, 3)")
    databases.target.execute("INSERT INTO public.sentinel VALUES (1, 10)")
    positions = choose_positions(databases.sides(), SENTINEL)

    mark = positions.mark()

    assert mark == "11"
    assert not positions.passed(mark)
    copy_sentinel(databases)
    assert positions.passed(mark)


@pytest.mark.postgres
def test_the_lag_of_a_sentinel_is_the_age_of_the_oldest_mark_on_its_way(
    databases: Databases,
) -> None:
    databases.execute(TABLE)
    now = [100.0]
    positions = Sentinel(databases.sides(), "public", "sentinel", clock=lambda: now[0])
    mark = positions.mark()
    now[0] += 2
    positions.mark()
    now[0] += 1
    assert positions.lag() == Lag(None, 3.0)
    copy_sentinel(databases)
    assert positions.passed(mark)
    assert positions.lag() == Lag(None, 1.0)


@pytest.mark.postgres
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_sentinel_table_that_is_missing_is_asked_for_with_its_definition(
    databases: Databases, side: str
) -> None:
    databases.owner("target" if side == "source" else "source").execute(TABLE.encode())
    with pytest.raises(UnusableInputError) as refusal:
        choose_positions(databases.sides(), SENTINEL)
    assert f"the {side} has no sentinel table public.sentinel" in str(refusal.value)
    definition = str(refusal.value).partition(" run ")[2].partition(";")[0]
    databases.owner(side).execute(definition.encode())
    assert choose_positions(databases.sides(), SENTINEL).mark() == "1"


@contextlib.contextmanager
def reader(databases: Databases) -> Iterator[Sides]:
    """Open sessions as a role that may read the sentinel, and nothing else."""
    login = {"username": f"reader_{databases.name}", "password": "a-reader-password"}
    role = sql.Identifier(login["username"])
    opened: list[Session] = []
    for side in ("source", "target"):
        owner, settings = databases.owner(side), databases.settings(side)
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, login["password"]))
        owner.execute(sql.SQL("GRANT SELECT ON public.sentinel TO {}").format(role))
        server = Server(settings.host, settings.port, settings.dbname)
        authority = databases.clusters.authority.pem
        opened.append(pg8000_session.connect(server, login, authority))
    try:
        yield Sides(*opened)
    finally:
        for session in opened:
            session.close()
        for side in ("source", "target"):
            databases.owner(side).execute(
                sql.SQL("REVOKE ALL ON public.sentinel FROM {}").format(role)
            )
            databases.owner(side).execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.mark.postgres
def test_a_role_that_may_not_write_the_sentinel_learns_what_it_needs(databases: Databases) -> None:
    databases.execute(TABLE)
    with reader(databases) as sides:
        positions = choose_positions(sides, SENTINEL)
        with pytest.raises(UnusableInputError, match="on the source needs SELECT, INSERT, UPDATE"):
            positions.mark()
        assert not positions.passed("1"), "the session has to go on after the refusal"


@pytest.mark.postgres
def test_marks_of_other_positions_are_refused_and_never_passed(databases: Databases) -> None:
    databases.execute(TABLE)
    sides = databases.sides()
    with pytest.raises(CheckpointError, match="no value of a sentinel"):
        Sentinel(sides, "public", "sentinel").passed("0/16B3748")
    with pytest.raises(CheckpointError, match="no position in the WAL"):
        Slots(sides, {"slot": None}).passed("42")


@pytest.mark.postgres
def test_a_position_is_behind_a_commit_that_is_visible_but_not_written_yet(
    databases: Databases,
) -> None:
    session = databases.session("source")
    databases.source.execute("CREATE TABLE t (id int)")
    databases.source.execute("SET synchronous_commit = off")
    for _ in range(20):
        databases.source.execute("INSERT INTO t VALUES (1)")
        [committed] = databases.source.execute(
            "SELECT pg_current_wal_insert_lsn()::text"
        ).fetchone() or ("",)
        ((behind,),) = session.run(
            "SELECT $1::pg_lsn >= $2::pg_lsn - mod($2::pg_lsn - '0/0'::pg_lsn, 8)",
            [wal_position(session), committed],
        )
        assert behind


@pytest.mark.postgres
def test_a_writer_is_not_taken_for_its_replica(databases: Databases) -> None:
    session = databases.session("source")
    assert replica_ready(session, wal_position(session)) == Readiness(False, "it is no replica")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([(True, None, None)], "it does not say what it has replayed, as readers of Aurora"),
        (SideUnavailableError("no connection"), "its position cannot be read: no connection"),
    ],
)
def test_a_replica_that_does_not_tell_its_position_is_never_ready(
    answer: list[tuple[Any, ...]] | DatabaseError, reason: str
) -> None:
    assert replica_ready(Scripted(answer), "0/16B3748") == Readiness(False, reason)


def test_a_run_that_did_not_start_at_a_position_cannot_use_a_replica() -> None:
    assert not replica_ready(Scripted([]), "none").ready
