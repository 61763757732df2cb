"""Tables of what was measured, and how it stands against the goals."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from benchmarks.validation.measuring import Measured


@dataclass(frozen=True)
class Goal:
    """`faster` has to take at most `share` of the time of `slower`, in one scenario."""

    different: bool
    slower: str
    share: float

    @property
    def sentence(self) -> str:
        """The goal in words."""
        if self.share < 1 / 2:
            return f"at least {1 / self.share:.0f}x as fast as {self.slower}"
        return f"at most {self.share:.1f}x the time of the {self.slower}"


OURS, FLOOR = "data validation", "text floor"
GOALS = (
    Goal(different=False, slower="reladiff", share=1 / 6),
    Goal(different=False, slower="data-diff", share=1 / 12),
    Goal(different=False, slower=FLOOR, share=0.8),
    Goal(different=True, slower=FLOOR, share=1.2),
)


def fastest(results: Sequence[Measured], name: str) -> Measured | None:
    """Return the fastest of the contestants whose name begins so, None if none succeeded."""
    candidates = [
        result
        for result in results
        if result.contestant.name.startswith(name) and result.answers and not result.error
    ]
    return min(candidates, key=lambda result: result.typical, default=None)


def goal_lines(results: Sequence[Measured], *, different: bool) -> list[str]:
    """Return a line for every goal of the scenario: what was aimed at, and what came out."""
    ours = fastest(results, OURS)
    lines = []
    for goal in GOALS:
        if goal.different != different:
            continue
        other = fastest(results, goal.slower)
        if ours is None or other is None:
            lines.append(f"goal: {goal.sentence}: not measured")
            continue
        share = ours.typical / other.typical
        reached = "reached" if share <= goal.share else "NOT reached"
        measured = f"{1 / share:.1f}x" if goal.share < 1 / 2 else f"{share:.2f}x"
        lines.append(f"goal: {goal.sentence}: {measured}, {reached}")
    return lines


def failure_lines(results: Sequence[Measured]) -> list[str]:
    """Return a line for every contestant that failed, with its reason."""
    return [f"{result.contestant.name}: {result.error}" for result in results if result.error]


def comparison_table(
    title: str, rows: int, results: Sequence[Measured], planted: Collection[int]
) -> Table:
    """Return a table of one scenario; ratios are to ours and to the faster text floor.

    "servers" is the processor time of both, "MB" the contestant's own memory at its peak.
    `planted` are the keys of the rows that differ, none when the sides are equal.
    """
    table = Table(title=title, title_justify="left", title_style="", box=box.SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for heading in ("seconds", "min–max", "rounds", "rows/s", "x ours", "x floor", "servers", "MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    ours, floor = fastest(results, OURS), fastest(results, FLOOR)
    for result in results:
        if result.error:
            table.add_row(result.contestant.name, *[""] * 8, "failed")
            continue
        low, high = min(result.seconds), max(result.seconds)
        table.add_row(
            result.contestant.name,
            f"{result.typical:.2f}",
            f"{low:.2f}–{high:.2f}",
            str(len(result.answers)),
            f"{rows / result.typical:,.0f}",
            _ratio(result, ours),
            _ratio(result, floor),
            f"{result.server_seconds:.2f}",
            f"{max(answer.peak_megabytes for answer in result.answers):.0f}",
            result.verdict(planted),
        )
    return table


def _ratio(result: Measured, base: Measured | None) -> str:
    return "" if base is None else f"{result.typical / base.typical:.2f}"
