"""Messages to a server: whole or not at all, bounded, and on sessions that do not outlive us."""

import pytest

from functions.cutover.session import block, milliseconds, qualified
from functions.runtime.errors import ContendedError, DatabaseError, SideUnavailableError
from functions.runtime.route import Side
from tests.functions.cutover.pair import Pair


@pytest.mark.postgres
def test_a_message_is_one_transaction_and_leaves_none_open(pair: Pair) -> None:
    session = pair.connect(Side.SOURCE)
    session.run("CREATE TEMPORARY TABLE t (id int)")
    with pytest.raises(DatabaseError):
        session.run("INSERT INTO pg_temp.t VALUES (1); SELECT 1 / 0")
    assert session.run("SELECT count(*) FROM pg_temp.t") == [[0]]
    state = "SELECT pg_current_xact_id_if_assigned() IS NULL"
    assert session.run(state) == [[True]]
    assert session.run("SELECT 1; SELECT 2") == [[1], [2]]
    session.close()


@pytest.mark.postgres
def test_a_message_is_ended_by_the_server_in_time(pair: Pair) -> None:
    session = pair.connect(Side.TARGET)
    with pytest.raises(ContendedError) as caught:
        session.run("SELECT pg_sleep(5)", 0.05)
    assert caught.value.sqlstate == "57014"
    assert session.run("SHOW statement_timeout", 0.25) == [["250ms"]]
    session.close()
    with pytest.raises(SideUnavailableError):
        session.run("SELECT 1")


@pytest.mark.postgres
def test_a_session_of_a_frozen_worker_is_ended_by_the_server(pair: Pair) -> None:
    session = pair.connect(Side.SOURCE)
    for name, value in (
        ("idle_session_timeout", "1min"),
        ("tcp_keepalives_idle", "5"),
        ("synchronous_commit", "on"),
        ("search_path", ""),
    ):
        assert session.run(f"SHOW {name}") == [[value]]
    session.close()


def test_names_and_bodies_are_quoted_whatever_is_in_them() -> None:
    assert qualified('a"b', "c.d") == '"a""b"."c.d"'
    assert block("PERFORM '$$';") == "DO 'BEGIN PERFORM ''$$''; END'"


def test_no_time_is_never_sent_as_no_limit() -> None:
    assert milliseconds(0.0001) == 1
    assert milliseconds(1.5) == 1500
