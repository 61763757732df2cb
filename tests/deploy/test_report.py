"""What is read before and after a run."""

import io
from collections.abc import Callable

from rich.console import Console

from deploy.events import Operation, ResourceError, RunResult
from deploy.graph import Graph
from deploy.plan import plan_deploy, plan_destroy
from deploy.report import plan_tree, print_failures, summary_table
from deploy.scheduler import Outcome, StepResult

GRAPH = Graph.of({"base": [], "left": ["base"], "right": ["base"], "top": ["left", "right"]})
STEPS = {step.layer: step for step in plan_deploy(GRAPH, GRAPH.nodes, "test", {}).steps}


def _printed(show: Callable[[Console], None]) -> str:
    console = Console(file=io.StringIO(), width=200)
    show(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_plan_is_a_tree_that_says_what_waits_for_what() -> None:
    plan = plan_deploy(GRAPH, GRAPH.nodes, "test", {"base": 7})

    shown = _printed(lambda console: console.print(plan_tree(plan)))

    assert [line.rstrip() for line in shown.splitlines()] == [
        "deploy test",
        "└── base (7 resources deployed)",
        "    ├── left (new)",
        "    └── right (new)",
        "        └── top (new, after left and right)",
    ]


def test_the_plan_to_destroy_counts_what_goes() -> None:
    plan = plan_destroy(GRAPH, GRAPH.nodes, "test", {"base": 7, "left": 2})

    shown = _printed(lambda console: console.print(plan_tree(plan)))

    assert "left (2 resources to destroy)" in shown.splitlines()[1]
    assert "base (7 resources to destroy)" in shown.splitlines()[2]


def test_the_summary_has_each_layer_and_the_total() -> None:
    counts = {Operation.CREATE: 3, Operation.SAME: 4, Operation.DELETE: 2}
    results = [
        StepResult(STEPS["base"], Outcome.SUCCEEDED, RunResult(counts=counts, seconds=1.5)),
        StepResult(STEPS["left"], Outcome.SUCCEEDED, RunResult(counts={Operation.UPDATE: 1})),
    ]

    table = summary_table(results, {"base": 7, "left": 1}, 9.0)
    rows = _printed(lambda console: console.print(table)).splitlines()

    assert rows[1].split() == ["base", "succeeded", "7", "3", "0", "0", "2", "1.5"]
    assert rows[-1].split() == ["all", "8", "3", "1", "0", "2", "9.0"]


def test_a_failure_says_where_what_and_what_next() -> None:
    error = ResourceError(
        "InvalidParameterValue: no such class", "urn", "aws:rds/cluster:Cluster", "cluster-source"
    )
    results = [
        StepResult(STEPS["base"], Outcome.SUCCEEDED, RunResult()),
        StepResult(STEPS["left"], Outcome.FAILED, RunResult(errors=(error,))),
        StepResult(STEPS["right"], Outcome.SUCCEEDED, RunResult()),
        StepResult(STEPS["top"], Outcome.BLOCKED, cause="left"),
    ]

    shown = _printed(lambda console: print_failures(results, console))

    assert "✗ left failed to deploy at cluster-source (aws:rds/cluster:Cluster):" in shown
    assert "    InvalidParameterValue: no such class" in shown
    assert "⊘ top was not started: it needs left, which failed" in shown
    assert "invoke deploy left top" in shown


def test_without_a_failure_nothing_is_printed() -> None:
    results = [StepResult(STEPS["base"], Outcome.SUCCEEDED, RunResult())]

    assert _printed(lambda console: print_failures(results, console)) == ""
