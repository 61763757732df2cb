"""Cutovers under load: what was acknowledged is there, exactly once, and no request fails."""

import pytest

from functions.cutover.decisions import other
from functions.runtime.route import Side
from tests.functions.cutover.pair import Pair
from tests.functions.cutover.test_killed import check_settled
from tests.functions.cutover.traffic import Traffic, traffic

pytestmark = pytest.mark.postgres

STEPS = [
    "plan",
    "rehearse",
    "try-drain",
    "fence",
    "read-sequences",
    "drain",
    "open",
    "decide",
    "route",
]


def check_complete(pair: Pair, side: Side, seen: Traffic) -> None:
    """Check that a side has each acknowledged payment once, with its entries and its event."""
    found = pair.query(
        side,
        "SELECT p.idempotency_key, count(DISTINCT e.id), count(DISTINCT v.id)"
        " FROM payments.payments p LEFT JOIN payments.ledger_entries e ON e.payment_id = p.id"
        " LEFT JOIN payments.payment_events v ON v.payment_id = p.id"
        " WHERE p.idempotency_key = ANY (%s) GROUP BY p.id, p.idempotency_key",
        seen.acknowledged,
    )
    assert sorted(found) == sorted((key, 2, 1) for key in seen.acknowledged)


def test_a_cutover_and_its_rollback_under_load_lose_nothing_and_fail_nobody(
    pair: Pair, aws: None
) -> None:
    first = pair.route
    leave, enter = first.active, other(first.active)
    with traffic(pair) as seen:
        seen.flows()
        there = pair.cutover(enter, "there")
        seen.flows()
        back = pair.cutover(leave, "back")
        seen.flows()
    assert seen.errors == []
    assert (there["outcome"], there["active"], there["reason"]) == ("cut_over", enter, None)
    assert (back["outcome"], back["active"], back["reason"]) == ("cut_over", leave, None)
    assert first.epoch < there["epoch"] < back["epoch"] == pair.route.epoch
    assert [step["step"] for step in there["steps"]] == [*STEPS, "confirm"]
    assert there["sequences"] == 5
    inside = sum(step["milliseconds"] for step in there["steps"][3:9])
    # The step has all attempts to fence, the window only the last one.
    after_fence = sum(step["milliseconds"] for step in there["steps"][4:9])
    assert after_fence <= there["window_milliseconds"] <= inside * 1.2
    assert seen.sides == {"source", "target"}
    check_complete(pair, leave, seen)
    check_settled(pair, leave)


def test_an_undone_cutover_under_load_loses_nothing_and_fails_nobody(pair: Pair, aws: None) -> None:
    leave = pair.route.active
    with (
        pair.limited(cutover_deadline_seconds=2),
        traffic(pair) as seen,
        pair.stalling_stream(leave),
    ):
        seen.flows()
        answer = pair.cutover(other(leave))
        seen.flows()
    assert seen.errors == []
    assert answer["outcome"] == "not_cut_over"
    assert answer["reason"] == (
        f"the cutover took longer than 2 s: the {other(leave)} had not applied all changes"
    )
    assert answer["window_milliseconds"] > 0  # of the last attempt to fence
    check_complete(pair, leave, seen)
    check_settled(pair, leave)


def test_a_stream_that_stands_still_is_noticed_before_the_fence(pair: Pair, aws: None) -> None:
    leave = pair.route.active
    pair.set_stream(leave, "DISABLE")
    try:
        with pair.limited(cutover_deadline_seconds=0.5), traffic(pair) as seen:
            seen.flows()
            answer = pair.cutover(other(leave))
            seen.flows()
    finally:
        pair.set_stream(leave, "ENABLE")
    assert seen.errors == []
    assert answer["outcome"] == "not_cut_over"
    assert answer["reason"] == (
        f"the drain on trial took longer than 0.5 s: the {other(leave)} had not applied all changes"
    )
    assert answer["window_milliseconds"] is None
    check_settled(pair, leave)


def test_a_writer_that_is_faster_than_the_fence_is_carried_over(pair: Pair, aws: None) -> None:
    """Several times in a row, so that the fence meets writers at different moments."""
    with traffic(pair, writers=4) as seen:
        seen.flows(5)
        for _ in range(3):
            assert pair.cutover(other(pair.route.active))["outcome"] == "cut_over"
            seen.flows(3)
    assert seen.errors == []
    check_complete(pair, pair.route.active, seen)
    check_settled(pair, pair.route.active)
