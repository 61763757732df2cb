"""Measures how long it takes to deploy the five layers. See README.md beside this file."""

import os
import shutil
import tempfile
from pathlib import Path

from benchmarks.deploy.contestants import Bare, Contestant, Orchestrated, make_checkout, measure
from benchmarks.deploy.results import Measured, report

ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "3"))


def main() -> None:
    """Measure every contestant in every round, and print medians, spreads and ratios."""
    contestants: list[Contestant] = [Orchestrated("deploy-all, embedded", "embedded")]
    if shutil.which("pulumi"):
        contestants += [Orchestrated("deploy-all, pulumi", "pulumi"), Bare()]
    measured = [Measured(contestant.name) for contestant in contestants]
    with tempfile.TemporaryDirectory() as folder:
        checkout = make_checkout(Path(folder))
        for _ in range(ROUNDS):
            for contestant, row in zip(contestants, measured, strict=True):
                row.add(*measure(contestant, checkout))
    print("\n".join(report(measured)))


if __name__ == "__main__":
    main()
