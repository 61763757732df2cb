"""The arithmetic of the deployment benchmark."""

import pytest

from benchmarks.deploy.contestants import Deployment, critical_path
from benchmarks.deploy.results import Measured, report

LAYERS = {"network": 10.0, "data": 5.0, "migration": 3.0, "edge": 4.0, "observability": 2.0}


def measured(name: str, cold: float, unchanged: float, layers: dict[str, float]) -> Measured:
    row = Measured(name)
    row.add(Deployment(cold, layers), Deployment(unchanged, layers))
    return row


def test_the_critical_path_takes_the_slower_of_layers_that_run_side_by_side() -> None:
    assert critical_path(LAYERS) == pytest.approx(10 + 5 + 4 + 2)
    assert critical_path({**LAYERS, "migration": 9.0}) == pytest.approx(10 + 5 + 9 + 2)


def test_the_report_sets_the_engines_against_the_bare_runs() -> None:
    text = "\n".join(
        report(
            [
                measured("embedded", 8.0, 3.0, {}),
                measured("pulumi", 21.0, 10.5, {}),
                measured("bare", 24.0, 24.0, LAYERS),
            ]
        )
    )
    assert "3.0x cold (goal: 3), 8.0x unchanged (goal: 5)" in text
    assert "1.00 cold, 0.50 unchanged (goal: at most 1.1)" in text
    assert "21.0 (21.0–21.0)" in text


def test_without_a_cli_only_the_embedded_engine_is_reported() -> None:
    assert report([measured("embedded", 8.0, 3.0, {})])[-1].startswith("no pulumi on PATH")
