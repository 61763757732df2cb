"""Cutovers that meet transactions, other calls and maintenance: bounded, and nobody is hurt."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql

from functions.cutover.decisions import other
from functions.cutover.errors import UnsettledError
from functions.cutover.moving import Bounds
from functions.runtime.route import Side
from tests.functions.cutover.messages import BEFORE, watched
from tests.functions.cutover.pair import WRITE, Pair, eventually
from tests.functions.cutover.test_killed import check_settled

pytestmark = pytest.mark.postgres

WAITING = (
    "SELECT 1 FROM pg_locks WHERE mode = 'ExclusiveLock' AND locktype = 'relation' AND NOT granted"
)


def test_an_open_transaction_is_neither_ended_nor_hindered(pair: Pair) -> None:
    leave = pair.route.active
    rows, route = pair.rows(), pair.route
    key = str(uuid4())
    with (
        pair.limited(fence_lock_timeout_milliseconds=60, fence_attempts=3),
        pair.application(leave, autocommit=False) as writer,
    ):
        writer.execute(WRITE.format(key).encode())
        answer = pair.cutover(other(leave))
        writer.execute(f"UPDATE payments.payments SET amount = 2 WHERE id = '{key}'".encode())
    assert answer["outcome"] == "not_cut_over"
    assert answer["reason"].startswith("the locks were not had in 3 attempts of up to 0.06 s")
    assert answer["window_milliseconds"] is None
    assert (pair.rows(), pair.route) == (rows, route)
    assert pair.query(leave, f"SELECT amount FROM payments.payments WHERE id = '{key}'")[0][0] == 2
    check_settled(pair, leave)


def test_a_lock_that_is_had_at_a_later_attempt_is_enough(pair: Pair) -> None:
    leave = pair.route.active
    with (
        pair.limited(fence_lock_timeout_milliseconds=100, fence_attempts=50),
        pair.application(leave, autocommit=False) as writer,
        ThreadPoolExecutor(1) as pool,
    ):
        writer.execute(WRITE.format(uuid4()).encode())
        call = pool.submit(pair.cutover, other(leave))
        eventually(lambda: pair.query(leave, WAITING))
        eventually(lambda: not pair.query(leave, WAITING))
        writer.commit()
        assert call.result()["outcome"] == "cut_over"
    check_settled(pair, other(leave))


def test_a_fence_that_is_half_of_a_deadlock_is_the_half_that_gives_way(pair: Pair) -> None:
    """The fence has accounts and waits for payments; the writer has payments, wants accounts."""
    leave = pair.route.active
    with (
        pair.limited(fence_lock_timeout_milliseconds=10_000, fence_attempts=1),
        pair.application(leave, autocommit=False) as writer,
        ThreadPoolExecutor(1) as pool,
    ):
        writer.execute(WRITE.format(uuid4()).encode())
        call = pool.submit(pair.cutover, other(leave))
        eventually(lambda: pair.query(leave, WAITING))
        writer.execute("UPDATE payments.accounts SET balance = balance WHERE id = 1")
        assert call.result()["outcome"] == "not_cut_over"
        assert "of up to 0.8 s" in call.result()["reason"]
    check_settled(pair, leave)


def test_autovacuum_lets_the_fence_pass(pair: Pair) -> None:
    leave = pair.route.active
    with pair.clusters.administrator(leave, pair.name) as administrator:
        administrator.execute("ALTER SYSTEM SET autovacuum_naptime = '1s'")
        administrator.execute("SELECT pg_reload_conf()")
        pair.query(
            leave,
            "ALTER TABLE payments.refunds SET (autovacuum_vacuum_threshold = 0,"
            " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = 0,"
            " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)",
        )
        key = str(uuid4())
        pair.query(leave, WRITE.format(key))
        pair.query(
            leave,
            "INSERT INTO payments.refunds (payment_id, amount, reason)"
            " SELECT %s, 1, repeat('x', 500) FROM generate_series(1, 3000)",
            key,
        )
        try:
            eventually(
                lambda: pair.query(
                    leave,
                    "SELECT 1 FROM pg_stat_progress_vacuum"
                    " WHERE relid = 'payments.refunds'::regclass",
                )
            )
            assert pair.cutover(other(leave))["outcome"] == "cut_over"
        finally:
            administrator.execute("ALTER SYSTEM RESET autovacuum_naptime")
            administrator.execute("SELECT pg_reload_conf()")
            for side in Side:
                pair.query(side, "ALTER TABLE payments.refunds SET (autovacuum_enabled = off)")
    check_settled(pair, other(leave))


def at_once(*calls: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """Make calls at the same moment; return their answers."""
    ready = threading.Barrier(len(calls))

    def make(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        ready.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        made: list[Future[dict[str, Any]]] = [pool.submit(make, call) for call in calls]
        return [each.result() for each in made]


def test_of_two_cutovers_at_once_one_moves_the_traffic_and_the_other_finds_it_moved(
    pair: Pair,
) -> None:
    leave = pair.route.active
    epoch = pair.route.epoch
    answers = at_once(lambda: pair.cutover(other(leave)), lambda: pair.cutover(other(leave)))
    assert [each["outcome"] for each in answers] == ["cut_over", "cut_over"]
    reasons = {each["reason"] for each in answers}
    assert reasons == {None, f"the {other(leave)} has the traffic already"}
    assert {each["epoch"] for each in answers} == {pair.route.epoch}
    assert pair.route.epoch > epoch
    check_settled(pair, other(leave))


def test_a_call_that_does_not_get_the_lock_says_so(pair: Pair) -> None:
    leave = pair.route.active
    inside, go_on = threading.Event(), threading.Event()

    def step_in(name: str, when: str, _session: object) -> None:
        if (name, when) == ("drain", BEFORE) and not inside.is_set():
            inside.set()
            go_on.wait(10)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(pair.cutover, other(leave), connect=watched(pair.connect, step_in))
        assert inside.wait(10)
        impatient = Bounds(lock=0.05, settle=0.1)
        with pytest.raises(UnsettledError, match="another call is at work"):
            pair.cutover(leave, bounds=impatient)
        with pytest.raises(UnsettledError, match="another call is at work"):
            pair.settle(bounds=impatient)
        go_on.set()
        assert first.result()["outcome"] == "cut_over"
    check_settled(pair, other(leave))


def test_two_settlings_at_once_agree(pair: Pair) -> None:
    leave = pair.route.active

    def step_in(name: str, when: str, _session: object) -> None:
        if (name, when) == ("open", BEFORE):
            raise KeyboardInterrupt  # the call is over, and does not settle

    with pytest.raises(KeyboardInterrupt):
        pair.cutover(other(leave), connect=watched(pair.connect, step_in))
    assert pair.rows()[leave.value][0] == "fenced"
    assert pair.admits(leave) == (True, False)
    first, second = at_once(pair.settle, pair.settle)
    assert first == second
    assert first["active"] == leave
    check_settled(pair, leave)


def test_a_privilege_that_is_granted_during_the_cutover_ends_it(pair: Pair) -> None:
    leave = pair.route.active
    role = sql.Identifier(f"reader_{uuid4().hex[:12]}")
    with pair.master(leave) as owner:
        owner.execute(sql.SQL("CREATE ROLE {}").format(role))

    def step_in(name: str, when: str, _session: object) -> None:
        if (name, when) == ("decide", BEFORE):
            with pair.master(leave) as owner:
                owner.execute(sql.SQL("GRANT SELECT ON payments.refunds TO {}").format(role))

    try:
        answer = pair.cutover(other(leave), connect=watched(pair.connect, step_in))
        assert answer["outcome"] == "not_cut_over"
        assert "SQLSTATE MV002" in answer["reason"]
        check_settled(pair, leave)
    finally:
        with pair.master(leave) as owner:
            owner.execute(sql.SQL("REVOKE SELECT ON payments.refunds FROM {}").format(role))
            owner.execute(sql.SQL("DROP ROLE {}").format(role))
