"""`invoke bench cutover`: cutovers under load, beside the same steps in bare psycopg.

python -m benchmarks.cutover --cutovers 40 --clients 4
"""

import argparse
import os
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.cutover import floor, product
from benchmarks.cutover.rounds import print_table

WINDOW_GOAL, GAP_GOAL = 3.0, 250.0


def main() -> None:
    """Measure both, print the table and whether the goals are reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cutover", description=__doc__)
    parser.add_argument("--cutovers", type=int, default=20, help="of each (default: 20)")
    parser.add_argument("--clients", type=int, default=4, help="that write (default: 4)")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two writes")
    parser.add_argument("--calm", type=float, default=1.0, help="seconds around each cutover")
    arguments = parser.parse_args()
    options = (arguments.cutovers, arguments.clients, arguments.pause, arguments.calm)
    console = Console(width=160)
    console.print(
        f"2 servers, {os.cpu_count()} cores, load of the machine {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="cutover-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servers run as another user
        (folder / "checkout").mkdir()
        bare = floor.measure(folder, *options)
        ours = product.measure(folder / "checkout", *options)
    print_table(console, (ours, bare))
    gap = max(each.gap for each in ours.rounds)
    _goal(
        console,
        "window at most 3x the floor",
        f"{ours.window / bare.window:.1f}x",
        ours.window <= WINDOW_GOAL * bare.window,
    )
    _goal(console, "no client's gap above 250 ms", f"{gap:.0f} ms", gap <= GAP_GOAL)
    _goal(console, "no failed request", str(ours.failures), ours.failures == 0)


def _goal(console: Console, goal: str, found: str, reached: bool) -> None:
    console.print(f"goal: {goal}: {found}, {'reached' if reached else 'NOT reached'}")


if __name__ == "__main__":
    main()
