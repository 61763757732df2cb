"""What an owner truncates or rewrites after the comparison began is found: real servers."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.cutover.decisions import other
from functions.cutover.errors import UnusableInputError
from functions.runtime.route import Side
from tests.functions.cutover.messages import BEFORE, watched
from tests.functions.cutover.pair import Pair
from tests.functions.cutover.test_killed import check_settled

pytestmark = pytest.mark.postgres

MARKS = "SELECT relation FROM aurora_migration.mark ORDER BY 1"


@pytest.fixture
def marked(pair: Pair) -> Iterator[Pair]:
    """The pair with marks on the side with the traffic, and none in the end."""
    assert pair.actions().mark("test").document()["outcome"] == "marked"
    yield pair
    pair.both("DELETE FROM aurora_migration.mark")


def _refused(pair: Pair, *tables: str, **surroundings: Any) -> None:
    """Check that a cutover names these tables, and that both sides are as before."""
    leave, route = pair.route.active, pair.route
    with pytest.raises(UnusableInputError) as caught:
        pair.cutover(other(leave), **surroundings)
    names = ", ".join(f"payments.{table}" for table in tables)
    assert f"the {leave} has tables that were truncated, rewritten or dropped" in str(caught.value)
    assert f"since their comparison began: {names}. What" in str(caught.value)
    assert "begin another run, which compares again" in str(caught.value)
    assert pair.route == route
    check_settled(pair, leave)


def test_marks_are_of_tables_and_partitions_on_the_side_with_the_traffic(marked: Pair) -> None:
    leave = marked.route.active
    files = (
        "SELECT relname::text FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'payments'::regnamespace ORDER BY 1"
    )
    found = marked.query(leave, MARKS)
    assert sorted(found) == sorted(marked.query(leave, files))
    assert ("payment_events_2026",) in found
    assert ("payment_events",) not in found
    assert marked.query(other(leave), MARKS) == []


@pytest.mark.parametrize(
    ("command", "tables"),
    [
        ("TRUNCATE payments.refunds", ["refunds"]),
        ("VACUUM FULL payments.refunds", ["refunds"]),
        ("TRUNCATE payments.payment_events_2026", ["payment_events_2026"]),
        ("CLUSTER payments.refunds USING refunds_pkey", ["refunds"]),
        (
            "CREATE TABLE payments.passing (id int); DROP TABLE payments.refunds_copy",
            ["refunds_copy"],
        ),
    ],
)
def test_a_table_with_another_file_is_named_and_nothing_is_fenced(
    pair: Pair, command: str, tables: list[str]
) -> None:
    leave = pair.route.active
    rows = pair.rows()
    pair.query(leave, "CREATE TABLE payments.refunds_copy (id int)")
    pair.actions().mark("test")
    try:
        pair.query(leave, command)
        _refused(pair, *tables)
        assert pair.rows() == rows
    finally:
        pair.query(leave, "DROP TABLE IF EXISTS payments.refunds_copy, payments.passing")
        pair.query(leave, "DELETE FROM aurora_migration.mark")


@pytest.mark.parametrize("message", ["rehearse", "fence", "drain", "decide"])
def test_a_truncate_that_slips_in_after_the_plan_is_found(marked: Pair, message: str) -> None:
    leave = marked.route.active

    def truncate(name: str, when: str, session: Any) -> None:
        if (name, when) == (message, BEFORE):
            marked.query(leave, "SET ROLE payments_owner; TRUNCATE payments.refunds")

    _refused(marked, "refunds", connect=watched(marked.connect, truncate))


def test_marks_are_used_up_by_the_cutover_and_the_way_back_needs_none(marked: Pair) -> None:
    leave = marked.route.active
    assert marked.cutover(other(leave))["outcome"] == "cut_over"
    marked.query(other(leave), "SET ROLE payments_owner; TRUNCATE payments.refunds")
    assert [marked.query(side, MARKS) for side in Side] == [[], []]
    assert marked.cutover(leave)["outcome"] == "cut_over"
    check_settled(marked, leave)


def test_marks_are_taken_anew_by_the_next_comparison(marked: Pair) -> None:
    leave = marked.route.active
    marked.query(leave, "TRUNCATE payments.refunds")
    marked.actions().mark("again")
    assert marked.cutover(other(leave))["outcome"] == "cut_over"
    check_settled(marked, other(leave))


def test_without_marks_nothing_is_compared(pair: Pair) -> None:
    leave = pair.route.active
    pair.query(leave, "TRUNCATE payments.refunds")
    assert pair.cutover(other(leave))["outcome"] == "cut_over"
    pair.both("DROP TABLE aurora_migration.mark")  # as an earlier version has prepared it
    assert pair.cutover(leave)["outcome"] == "cut_over"
    pair.actions().prepare("again")
    check_settled(pair, leave)
