"""What is measured of a cutover, and the table of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Round:
    """One cutover, in milliseconds.

    `window` is from the beginning of the fence to the end of the route's change; `gap` is the
    longest time without an answered write of any client around it; `slowest` is the slowest
    request. `failures` counts requests that were not answered with success.
    """

    window: float
    gap: float
    slowest: float
    failures: int


@dataclass(frozen=True)
class Measured:
    """All rounds of one contestant."""

    name: str
    rounds: tuple[Round, ...]

    @property
    def window(self) -> float:
        """The median window in milliseconds."""
        return median(each.window for each in self.rounds)

    @property
    def failures(self) -> int:
        """Failed requests of all rounds."""
        return sum(each.failures for each in self.rounds)


def longest_gap(moments: Sequence[float]) -> float:
    """Return the longest time between two neighbours of `moments`, in their unit."""
    neighbours = pairwise(sorted(moments))
    return max((after - before for before, after in neighbours), default=0.0)


def print_table(console: Console, contestants: Sequence[Measured]) -> None:
    """Print median and maximum of each contestant; the last one is the floor."""
    floor = contestants[-1].window
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for header in (
        "cutovers",
        "window ms",
        "max",
        "x floor",
        "gap ms",
        "max",
        "slowest ms",
        "max",
        "failures",
    ):
        table.add_column(header, justify="right", no_wrap=True)
    for each in contestants:
        cells = [f"{len(each.rounds)}", *_spread(each, "window"), f"{each.window / floor:.1f}"]
        cells += [*_spread(each, "gap"), *_spread(each, "slowest"), f"{each.failures}"]
        table.add_row(each.name, *cells)
    console.print(table)


def _spread(measured: Measured, field: str) -> tuple[str, str]:
    values = [getattr(each, field) for each in measured.rounds]
    return f"{median(values):,.1f}", f"{max(values):,.1f}"
