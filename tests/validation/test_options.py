"""Options are refused by name, with what they take, before anything is done."""

from pathlib import Path

import pytest

from deploy.errors import UsageError
from validation.options import Arguments, parse


def test_what_is_left_out_is_left_to_each_way_of_running() -> None:
    options = parse(Arguments())

    assert options.schemas is None
    assert options.tables is None
    assert options.max_rate is None
    assert options.concurrency is None
    assert options.recheck_seconds is None
    assert options.compare_schema


def test_values_are_read(tmp_path: Path) -> None:
    options = parse(
        Arguments(
            schema=["b", "a", "b"],
            table=["a.t"],
            ignore=["owner", "grant"],
            no_schema=True,
            max_rate="5000",
            concurrency="4",
            recheck_seconds="0",
            statement_timeout="1",
            checkpoint=str(tmp_path / "new"),
            report=str(tmp_path / "report.json"),
        )
    )

    assert options.schemas == ("b", "a")
    assert options.tables == ("a.t",)
    assert options.ignored == ("grant", "owner")
    assert not options.compare_schema
    numbers = (
        options.max_rate,
        options.concurrency,
        options.recheck_seconds,
        options.statement_timeout,
    )
    assert numbers == (5000, 4, 0, 1)
    assert options.checkpoint == tmp_path / "new"
    assert options.report == tmp_path / "report.json"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (Arguments(max_rate="0"), "--max-rate 0: give a whole number from 1"),
        (Arguments(max_rate="fast"), "--max-rate fast"),
        (Arguments(concurrency="65"), "--concurrency 65: give a whole number from 1 to 64"),
        (Arguments(recheck_seconds="-1"), "--recheck-seconds -1"),
        (Arguments(statement_timeout="0"), "--statement-timeout 0"),
        (Arguments(table=["orders"]), "--table orders: give it with its schema"),
        (Arguments(table=["shop."]), "--table shop."),
        (Arguments(ignore=["colour"]), "--ignore colour: unknown kind\nkinds: schema,"),
        (Arguments(checkpoint=__file__), "it is a file"),
        (Arguments(checkpoint=""), "--checkpoint is empty"),
        (Arguments(report="/nowhere/at/all/report.json"), "in a folder that exists"),
    ],
)
def test_a_bad_value_is_named_with_what_would_do(arguments: Arguments, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(arguments)

    assert message in str(caught.value)
