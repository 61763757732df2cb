"""What is shown of a workflow."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from migration import report
from migration.history import visits
from migration.replication import Progress, TableProgress
from migration.view import LINE_SECONDS, View, print_end
from tests.migration.events import History
from tests.migration.test_report import CUT_OVER, events, execution

DEFINITION = {
    "States": {
        "Load": {"Type": "Task", "Next": "IsLoaded"},
        "IsLoaded": {"Type": "Choice", "Default": "Validate"},
        "Validate": {"Type": "Map", "End": True},
    }
}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def view(output: io.StringIO, clock: Clock) -> Iterator[View]:
    with View(Console(file=output, width=200), DEFINITION, clock) as shown:
        yield shown


def test_a_state_that_acts_is_told_once_however_often_it_is_entered(
    view: View, output: io.StringIO
) -> None:
    history = History().enter("Load").leave("Load").enter("Load")

    view.show(visits(history.events), None, 1.0)
    history.enter("IsLoaded", "Choice").enter("Validate", "Map").enter("InsideOfTheMap")
    view.show(visits(history.events), None, 2.0)

    assert [line.split()[-1] for line in output.getvalue().splitlines()] == ["Load", "Validate"]


def test_now_and_then_rows_rate_lag_and_what_comes_next_are_told(
    view: View, output: io.StringIO, clock: Clock
) -> None:
    found = visits(History().enter("Load").events)

    for rows in (1_000, 5_000):
        tables = (
            TableProgress("payments.payments", "Table completed", rows, 0, 0, 0),
            TableProgress("payments.refunds", "Full load", 0, 0, 0, 0),
        )
        view.show(found, Progress(tables, 0.25), clock.now)
        clock.now += LINE_SECONDS

    assert output.getvalue().splitlines()[-1].strip() == (
        "10 s in all, in Load; 1 of 2 tables loaded, 5,000 rows (400 rows/s); lag 0.2 s;"
        " next: Validate"
    )


def test_before_the_first_state_there_is_nothing_to_tell(
    view: View, output: io.StringIO, clock: Clock
) -> None:
    clock.now = 10 * LINE_SECONDS

    view.show((), None, 0.0)

    assert output.getvalue() == ""


def test_the_end_tells_window_and_side(output: io.StringIO) -> None:
    found = report.report("migration", execution(), events(CUT_OVER), None)

    print_end(Console(file=output, width=200), found)

    assert output.getvalue().splitlines() == [
        "window, fence to route: 9.5 ms",
        "traffic is on the target, epoch 2",
        "cut over after 30.0 s  (run)",
    ]


def test_the_end_of_a_migration_that_failed_after_its_cutover_leaves_the_side_to_the_rollback(
    output: io.StringIO,
) -> None:
    failed = execution("FAILED", error="Migration.Failed", cause="rows differ")

    print_end(
        Console(file=output, width=200), report.report("migration", failed, events(CUT_OVER), None)
    )

    assert "traffic was then on the target, epoch 2" in output.getvalue().splitlines()


def test_the_end_of_a_failure_tells_its_cause(output: io.StringIO) -> None:
    failed = execution("FAILED", error="Migration.Blocked", cause="a table has no key [1]")

    print_end(Console(file=output, width=200), report.report("migration", failed, [], None))

    assert output.getvalue().splitlines() == [
        "Migration.Blocked: a table has no key [1]",
        "failed after 30.0 s  (run)",
    ]
