"""Medians, spreads and ratios of what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.deploy.contestants import Deployment, critical_path

EMBEDDED_COLD_GOAL = 3.0
EMBEDDED_UNCHANGED_GOAL = 5.0
ORCHESTRATED_GOAL = 1.1


@dataclass
class Measured:
    """The deployments of one contestant, one of each kind a round."""

    name: str
    cold: list[Deployment] = field(default_factory=list)
    unchanged: list[Deployment] = field(default_factory=list)

    def add(self, cold: Deployment, unchanged: Deployment) -> None:
        """Add a round."""
        self.cold.append(cold)
        self.unchanged.append(unchanged)


def report(measured: Sequence[Measured]) -> list[str]:
    """Return the table's lines, and the ratios when all three contestants were measured."""
    lines = [f"{'seconds: median (min–max)':<32}{'cold':>22}{'unchanged':>22}"]
    lines += [_row(row.name, _seconds(row.cold), _seconds(row.unchanged)) for row in measured]
    if len(measured) < 3:
        return [*lines, "no pulumi on PATH: the Pulumi CLI was left out"]
    bare = measured[2]
    paths = [[critical_path(each.layers) for each in kind] for kind in (bare.cold, bare.unchanged)]
    lines.append(_row("critical path of the bare ones", *paths))
    cold, unchanged = (
        [median(_seconds(row.cold)) for row in measured],
        [median(_seconds(row.unchanged)) for row in measured],
    )
    return [
        *lines,
        "",
        f"five bare pulumi up / embedded:  {cold[2] / cold[0]:.1f}x cold "
        f"(goal: {EMBEDDED_COLD_GOAL:g}), {unchanged[2] / unchanged[0]:.1f}x unchanged "
        f"(goal: {EMBEDDED_UNCHANGED_GOAL:g})",
        f"deploy-all, pulumi / critical path:  {cold[1] / median(paths[0]):.2f} cold, "
        f"{unchanged[1] / median(paths[1]):.2f} unchanged (goal: at most {ORCHESTRATED_GOAL:g})",
    ]


def _seconds(deployments: Sequence[Deployment]) -> list[float]:
    return [each.seconds for each in deployments]


def _row(name: str, cold: Sequence[float], unchanged: Sequence[float]) -> str:
    cells = [
        f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})"
        for values in (cold, unchanged)
    ]
    return f"{name:<32}{cells[0]:>22}{cells[1]:>22}"
