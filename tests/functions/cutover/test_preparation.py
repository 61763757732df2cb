"""The first rows and the sentinel, on real servers."""

import pytest

from functions.cutover.errors import UnusableInputError
from functions.runtime.route import Side
from tests.functions.cutover.pair import Pair
from tests.functions.cutover.test_killed import check_settled

pytestmark = pytest.mark.postgres

SOURCE, TARGET = Side.SOURCE, Side.TARGET


def test_the_side_of_the_route_is_open_and_the_other_is_closed(unprepared: Pair) -> None:
    answer = unprepared.actions().prepare("first").document()
    assert (answer["outcome"], answer["active"], answer["epoch"]) == ("prepared", "source", 1)
    check_settled(unprepared, SOURCE)
    sentinel = "SELECT id, value FROM payments.migration_sentinel"
    assert unprepared.query(SOURCE, sentinel) == [(1, 0)]
    assert unprepared.query(TARGET, sentinel) == []
    status = unprepared.actions().status().document()
    assert status["settled"] is True
    assert status["sides"]["source"] | {"changed_at": ""} == {
        "state": "open",
        "token": 1,
        "run": "first",
        "changed_at": "",
    }


def test_preparing_again_changes_nothing(unprepared: Pair) -> None:
    unprepared.actions().prepare("first")
    rows = unprepared.rows()
    unprepared.query(SOURCE, "UPDATE payments.migration_sentinel SET value = 7")
    unprepared.actions().prepare("again")
    assert unprepared.rows() == rows
    assert unprepared.query(SOURCE, "SELECT value FROM payments.migration_sentinel") == [(7,)]
    check_settled(unprepared, SOURCE)


def test_a_new_target_learns_the_token_of_a_source_that_was_used_before(unprepared: Pair) -> None:
    unprepared.actions().prepare("first")
    unprepared.query(SOURCE, "UPDATE aurora_migration.side SET token = 9")
    unprepared.query(TARGET, "DROP SCHEMA aurora_migration CASCADE")
    unprepared.actions().prepare("second")
    assert unprepared.rows() == {"source": ("open", 9), "target": ("closed", 9)}


def test_a_row_of_an_earlier_migration_that_says_the_opposite_is_refused(unprepared: Pair) -> None:
    unprepared.actions().prepare("first")
    unprepared.query(SOURCE, "UPDATE aurora_migration.side SET state = 'closed'")
    unprepared.query(TARGET, "DROP SCHEMA aurora_migration CASCADE")
    with pytest.raises(UnusableInputError, match=r"row closed\(1\) of an earlier migration"):
        unprepared.actions().prepare("second")


def test_nothing_works_before_it_is_prepared(unprepared: Pair) -> None:
    with pytest.raises(UnusableInputError, match="call the action prepare first"):
        unprepared.settle()
    with pytest.raises(UnusableInputError, match="call the action prepare first"):
        unprepared.cutover(TARGET)
    status = unprepared.actions().status().document()
    assert (status["settled"], status["sides"]) == (False, {"source": None, "target": None})


def test_rows_that_contradict_each_other_are_left_to_a_human(unprepared: Pair) -> None:
    unprepared.actions().prepare("first")
    unprepared.query(SOURCE, "UPDATE aurora_migration.side SET state = 'closed'")
    with pytest.raises(UnusableInputError, match=r"source closed\(1\), target closed\(1\)"):
        unprepared.settle()


def test_a_side_without_the_schema_is_refused(unprepared: Pair) -> None:
    with pytest.raises(UnusableInputError, match="the source has nothing in schema elsewhere"):
        unprepared.actions(schema="elsewhere").prepare("first")
