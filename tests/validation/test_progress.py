"""Progress says how much is done, how fast, and how long it takes yet."""

import io

from rich.console import Console

from functions.data_validation.cursor import Totals
from functions.data_validation.preparation import Plan, PlannedTable, Selection
from functions.data_validation.report import Conditions
from validation.progress import BarWatch, LineWatch, show_progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def plan(**rows: int) -> Plan:
    return Plan(
        run="a-run",
        started="2024-02-29T12:00:00Z",
        selection=Selection(),
        fingerprint="",
        conditions=Conditions("17", "18", "record", (), 0, "none", schema_compared=False),
        schema=(),
        on_one_side=(),
        tables=tuple(PlannedTable(name, number, (), None) for name, number in rows.items()),
        items=(),
    )


def lines(watch: LineWatch, output: io.StringIO) -> list[str]:
    return output.getvalue().splitlines()


def test_lines_come_now_and_then_with_rate_and_time_left() -> None:
    output, clock = io.StringIO(), Clock()
    watch = LineWatch(Console(file=output, width=40), clock)
    watch.planned(plan(orders=1_000, events=1_000), rows_before=0)
    for second in range(1, 11):
        clock.now = second
        watch.advanced("orders", Totals(source_rows=100 * second), finished=second == 10)

    assert lines(watch, output) == [
        "comparing 2 tables, about 2,000 rows",
        "500 of about 2,000 rows, 100 rows/s, 15 s left; 0 of 2 tables done",
        "1,000 of about 2,000 rows, 100 rows/s, 10 s left; 1 of 2 tables done",
    ]


def test_rows_of_an_earlier_part_do_not_count_for_the_rate() -> None:
    output, clock = io.StringIO(), Clock()
    watch = LineWatch(Console(file=output), clock)
    watch.planned(plan(orders=1_000), rows_before=500)
    clock.now = 5
    watch.advanced("orders", Totals(target_rows=550), finished=False)

    assert lines(watch, output) == [
        "comparing 1 table, about 1,000 rows, 500 of them compared before",
        "550 of about 1,000 rows, 10 rows/s, 45 s left; 0 of 1 tables done",
    ]


def test_estimates_that_prove_too_low_or_too_high_are_corrected() -> None:
    watch = LineWatch(Console(file=io.StringIO()))
    watch.planned(plan(low=10, high=1_000, never=0), rows_before=0)
    watch.advanced("low", Totals(source_rows=30), finished=False)
    watch.advanced("high", Totals(source_rows=5), finished=True)

    assert watch.done == 35
    assert watch.expected == 35


def test_a_terminal_has_a_bar_for_each_table_at_work_and_one_for_all() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with show_progress(console) as watch:
        assert isinstance(watch, BarWatch)
        watch.planned(plan(orders=1_000, events=100), rows_before=0)
        watch.advanced("orders", Totals(source_rows=250), finished=False)
        watch.advanced("events", Totals(source_rows=100), finished=True)
        bars = {task.description: (task.completed, task.total) for task in watch._progress.tasks}

        assert bars == {"all": (350, 1_100), "orders": (250, 1_000)}


def test_no_more_bars_than_there_is_room_for() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    names = [f"table_{number}" for number in range(20)]
    with show_progress(console) as watch:
        assert isinstance(watch, BarWatch)
        watch.planned(plan(**dict.fromkeys(names, 10)), rows_before=0)
        for name in names:
            watch.advanced(name, Totals(source_rows=5), finished=False)

        assert len(watch._progress.tasks) == 9
