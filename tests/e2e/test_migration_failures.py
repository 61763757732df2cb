"""A failure in each state of the migration, and where the system ends: on one side, writes flowing.

A task is made to fail by putting a function in its place that raises. What goes before and after
it is real. Faults of the surroundings are made in test_migration_faults.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.failing import (
    assert_back_at_the_source,
    assert_nothing_lost,
    bring_back,
    changed,
    create_failing_function,
    definition,
    deploy_with_payments,
    failing,
    migrate,
)
from tests.e2e.migrations import Clients, Deployment, eventually
from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign

FIRST_CHANGE = "PauseRotation"
RECOVERY = {"Completed", "StartRollback"}
STAYS = {"Complete"}
"""Nobody hearing of a completed migration is no reason to undo it."""

ELSEWHERE = {"DescribeRollback", "PublishFailure", "ConfirmPrepared", "ConfirmValidated"} | {
    "ConfirmCutOver",
    "Settle",
    "RequestApproval",
}
"""States that are reached only after another failure, or only when asked for; see their tests."""

FALLIBLE = (
    "PauseRotation",
    "RecordRun",
    "PublishStart",
    "PrepareCutover",
    "CheckpointPrepared",
    "TestConnections",
    "StartReplication",
    "DescribeLoad",
    "DescribeTables",
    "ReadLagThresholds",
    "SampleLag",
    "DescribeFollowing",
    "FindUnfinishedTables",
    "MarkTables",
    "Validate",
    "CheckpointValidated",
    "DescribeReverse",
    "ArmReverseReplication",
    "LookAtReverse",
    "PreflightAgain",
    "CheckRollbackFlag",
    "ArmRollbackAlarm",
    "Cutover",
    "ReadNewRoute",
    "LookAtWayBack",
    "Verify",
    "CheckComparisonFlag",
    "CompareAgain",
    "CheckpointCutOver",
    "Complete",
)


@pytest.fixture(scope="module")
def deployment(make_checkout: Callable[[str], Checkout]) -> Deployment:
    """A deployment of its own, with payments in the source, and the function that fails."""
    deployment = deploy_with_payments(make_checkout("failing"))
    create_failing_function(deployment)
    return deployment


@pytest.fixture(scope="module")
def clients(deployment: Deployment) -> Clients:
    """Clients of its API."""
    return Clients(deployment.api(), count=2)


@pytest.fixture(autouse=True)
def traffic_at_the_source(deployment: Deployment) -> Iterator[None]:
    """Leave the traffic at the source for the next test."""
    yield
    bring_back(deployment)


def test_every_state_that_can_fail_has_its_test(deployment: Deployment) -> None:
    states = definition(deployment)["States"]
    pending, changed = [FIRST_CHANGE], set()
    while pending:
        name = pending.pop()
        if name not in changed:
            changed.add(name)
            state = states[name]
            branches = (*state.get("Choices", ()), *state.get("Catch", ()))
            pending += [each["Next"] for each in branches]
            pending += [state[key] for key in ("Next", "Default") if key in state]
    fallible = {name for name in changed if states[name]["Type"] in ("Task", "Map")}

    assert fallible - RECOVERY == set(FALLIBLE) | ELSEWHERE


@pytest.mark.parametrize("name", [name for name in FALLIBLE if name not in STAYS])
def test_a_failure_in_a_state_leads_back_to_the_source(
    deployment: Deployment, clients: Clients, name: str
) -> None:
    state = definition(deployment)["States"][name]

    with changed(deployment, **{name: failing(state)}):
        ended = migrate(deployment, clients)

    # A cutover that fails is settled first, and tried again.
    why = "Migration.NotCutOver" if name == "Cutover" else f"{name}: InjectedError: made to fail"
    assert_back_at_the_source(deployment, ended, why)
    assert_nothing_lost(deployment, clients)


def test_a_completion_that_cannot_be_told_stays_complete(
    deployment: Deployment, clients: Clients
) -> None:
    state = definition(deployment)["States"]["Complete"]

    with changed(deployment, Complete=failing(state)):
        ended = migrate(deployment, clients)

    assert ended["status"] == "SUCCEEDED", ended
    assert deployment.admitting() == ["target"]


def test_a_task_that_takes_too_long_leads_back_to_the_source(
    deployment: Deployment, clients: Clients
) -> None:
    state = definition(deployment)["States"]["PrepareCutover"]

    with changed(deployment, PrepareCutover=failing(state, sleep=5)):
        ended = migrate(deployment, clients)

    assert_back_at_the_source(deployment, ended, "PrepareCutover: States.Timeout")


def test_an_approval_that_is_refused_leads_back_to_the_source(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="to be refused", approval=True)
        deployment.states.send_task_failure(
            taskToken=deployment.approval_token(execution), error="Refused", cause="not today"
        )
        ended = deployment.ended(execution)

    assert_back_at_the_source(deployment, ended, "RequestApproval: Refused: not today")


def test_an_approval_that_nobody_gives_leads_back_to_the_source(
    deployment: Deployment, clients: Clients
) -> None:
    before = deployment.parameter("workflow/approval_timeout_seconds")
    deployment.set_parameter("workflow/approval_timeout_seconds", "2")
    try:
        ended = migrate(deployment, clients, approval=True)
    finally:
        deployment.set_parameter("workflow/approval_timeout_seconds", before)

    assert_back_at_the_source(deployment, ended, "RequestApproval: States.Timeout")


def test_a_rollback_by_hand_ends_the_migration_that_runs(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="to be ended", approval=True)
        deployment.approval_token(execution)
        rolled_back = deployment.run("rollback", reason="changed our minds")

    assert rolled_back["status"] == "SUCCEEDED", rolled_back
    assert deployment.ended(execution)["status"] == "ABORTED"
    assert deployment.admitting() == ["source"]
    assert deployment.task_statuses() <= {"stopped", "ready"}
    assert clients.refused == []


def test_a_second_migration_gives_way_to_the_one_that_runs(deployment: Deployment) -> None:
    first = deployment.start("migration", reason="first", approval=True)
    deployment.approval_token(first)

    second = deployment.run("migration", reason="second")

    assert second["status"] == "FAILED"
    assert "Migration.AnotherIsRunning" in second["cause"]
    assert second["cause"].endswith("Nothing was changed")
    assert deployment.run("rollback", reason="enough")["status"] == "SUCCEEDED"
    assert deployment.ended(first)["status"] == "ABORTED"


def test_a_stopped_run_goes_on_from_its_checkpoint(
    deployment: Deployment, clients: Clients
) -> None:
    run = "stopped-and-resumed"
    first = deployment.start("migration", reason="first half", run=run, approval=True)
    deployment.approval_token(first)
    deployment.states.stop_execution(executionArn=first)
    assert deployment.ended(first)["status"] == "ABORTED"

    ended = migrate(deployment, clients, run=run)

    assert ended["status"] == "SUCCEEDED", ended
    visited = deployment.visited(ended["executionArn"])
    assert "ReadPrepared" in visited
    assert not {"Preflight", "StartReplication", "CheckpointPrepared"} & set(visited)
    assert not {"MarkTables", "Validate"} & set(visited)
    assert deployment.admitting() == ["target"]


def test_a_run_that_is_stopped_while_it_compares_again_goes_on_with_that(
    deployment: Deployment, clients: Clients
) -> None:
    run = "stopped-after-its-cutover"
    first = deployment.start("migration", reason="first half", run=run, approval=True)
    token = deployment.approval_token(first)
    deployment.set_parameter("validation/max_rate", "500")
    try:
        deployment.states.send_task_success(taskToken=token, output="{}")
        eventually(lambda: "CompareAgain" in deployment.visited(first))
        deployment.states.stop_execution(executionArn=first)
        assert deployment.ended(first)["status"] == "ABORTED"
    finally:
        deployment.set_parameter("validation/max_rate", "0")

    ended = migrate(deployment, clients, run=run)

    assert ended["status"] == "SUCCEEDED", ended
    visited = deployment.visited(ended["executionArn"])
    assert {"SettleEarlier", "CompareAgain"} <= set(visited)
    assert not {"Preflight", "Validate", "Cutover"} & set(visited)
    checkpoint = deployment.document("checkpoints", f"migration/{run}/cut-over.json")
    epoch = deployment.route()["epoch"]
    assert f"/{run}-after-{epoch}/" in checkpoint["validation"]["report"]["key"]
