"""What is shown while a plan runs."""

import io

from rich.console import Console

from deploy.events import Diagnostic, Operation, Phase, ResourceEvent, RunResult
from deploy.graph import Graph
from deploy.plan import Plan, plan_deploy
from deploy.progress import show_progress
from deploy.scheduler import Outcome, StepResult

GRAPH = Graph.of({"network": [], "data": ["network"]})


def _plan() -> Plan:
    return plan_deploy(GRAPH, GRAPH.nodes, "test", {"network": 2})


def _event(operation: Operation, phase: Phase, message: str = "") -> ResourceEvent:
    return ResourceEvent(
        urn="urn",
        type="aws:ec2/vpc:Vpc",
        name="vpc-production-test",
        operation=operation,
        phase=phase,
        changed=("tags",) if operation is Operation.UPDATE else (),
        message=message,
    )


def _shown(*events: ResourceEvent | Diagnostic, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=200)
    plan = _plan()
    with show_progress(plan, console) as view:
        view.started(plan.steps[0])
        for event in events:
            view.event("network", event)
        view.settled(
            StepResult(
                plan.steps[0],
                Outcome.SUCCEEDED,
                RunResult(counts={Operation.CREATE: 2}, seconds=1.25),
            )
        )
        view.settled(StepResult(plan.steps[1], Outcome.BLOCKED, cause="network"))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_start_of_a_layer_is_shown() -> None:
    assert _shown().splitlines()[0] == "network ▶ deploy …"


def test_off_a_terminal_each_change_is_one_plain_line() -> None:
    shown = _shown(
        _event(Operation.CREATE, Phase.STARTED), _event(Operation.CREATE, Phase.FINISHED)
    )

    assert shown.splitlines()[1] == "network + vpc-production-test (aws:ec2/vpc:Vpc)"
    assert "\x1b" not in shown


def test_an_update_names_the_properties_that_changed() -> None:
    shown = _shown(_event(Operation.UPDATE, Phase.FINISHED))

    assert "network ~ vpc-production-test (aws:ec2/vpc:Vpc)  [tags]" in shown


def test_what_did_not_change_is_not_shown() -> None:
    assert "vpc-production" not in _shown(_event(Operation.SAME, Phase.FINISHED))


def test_a_failure_shows_what_the_cloud_said() -> None:
    shown = _shown(_event(Operation.CREATE, Phase.FAILED, "InvalidVpcRange: too large"))

    assert "network ✗ vpc-production-test (aws:ec2/vpc:Vpc): InvalidVpcRange: too large" in shown


def test_a_notice_is_shown_as_it_is() -> None:
    assert "network warning [bold]as is" in _shown(Diagnostic("warning", "[bold]as is"))


def test_the_end_of_a_layer_has_its_counts_and_seconds() -> None:
    assert "✓ network succeeded in 1.2 s (2 create)" in _shown()


def test_a_blocked_layer_names_the_cause() -> None:
    assert "⊘ data blocked: network failed" in _shown()


def test_a_terminal_shows_one_bar_a_layer() -> None:
    shown = _shown(_event(Operation.CREATE, Phase.FINISHED), terminal=True)

    last = shown.split("\n")[-3:]
    assert any("✓ network" in line for line in last)
    assert any("⊘ data" in line for line in last)
