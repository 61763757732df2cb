"""A failure in each state of the migration, and where the system ends: on one side, writes flowing.

A task is made to fail by putting a function in its place that raises. What goes before and after
it is real. Faults that the surroundings can have are made there: a wrong password, a bucket that
refuses, a transaction that holds a lock.
"""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.existing_secrets import Secrets
from tests.e2e.migrations import SIDES, Clients, Deployment, eventually
from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign

FAULT = """
import time
class InjectedError(Exception): pass
def handler(event, context):
    if event.get("sleep"):
        time.sleep(event["sleep"])
    raise InjectedError("made to fail")
"""
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
    "CheckpointCutOver",
    "Complete",
)


@pytest.fixture(scope="module")
def deployment(make_checkout: Callable[[str], Checkout]) -> Deployment:
    """A deployment of its own, with payments in the source, and the function that fails."""
    checkout = make_checkout("failing")
    assert (deployed := checkout.invoke("deploy-all")).status == 0, deployed.output
    assert (seeded := checkout.invoke("seed", "--payments", "2000")).status == 0, seeded
    deployment = Deployment.of(checkout)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("fault.py", FAULT)
    roles = deployment.clients("iam").list_roles()["Roles"]
    deployment.clients("lambda").create_function(
        FunctionName="fault",
        Runtime="python3.13",
        Role=next(role["Arn"] for role in roles if "function-cutover" in role["RoleName"]),
        Handler="fault.handler",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=20,
    )
    return deployment


@pytest.fixture(scope="module")
def clients(deployment: Deployment) -> Clients:
    """Clients of its API."""
    return Clients(deployment.api(), count=2)


@pytest.fixture(autouse=True)
def traffic_at_the_source(deployment: Deployment) -> Iterator[None]:
    """Leave the traffic at the source for the next test."""
    yield
    if deployment.route()["active"] != "source":
        assert deployment.run("rollback", reason="next test")["status"] == "SUCCEEDED"


def _definition(deployment: Deployment) -> dict[str, Any]:
    described = deployment.states.describe_state_machine(
        stateMachineArn=deployment.machine("migration")
    )
    definition: dict[str, Any] = json.loads(described["definition"])
    return definition


@contextlib.contextmanager
def _changed(deployment: Deployment, **states: dict[str, Any]) -> Iterator[None]:
    """Deploy the migration with changed states, and put it back in the end."""
    machine = deployment.machine("migration")
    original = _definition(deployment)
    variant = {**original, "States": {**original["States"], **states}}
    deployment.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(variant))
    try:
        yield
    finally:
        deployment.states.update_state_machine(
            stateMachineArn=machine, definition=json.dumps(original)
        )


def _failing(state: dict[str, Any], **payload: Any) -> dict[str, Any]:
    """Return a state with the function that fails in the place of what it calls."""
    kept = {key: state[key] for key in ("Catch", "Next")}
    return {
        **kept,
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "fault", "Payload": payload},
        "TimeoutSeconds": 1 if payload else 30,
        "Retry": [],
    }


def _migrate(deployment: Deployment, clients: Clients, **given: Any) -> dict[str, Any]:
    """Run a migration under load to its end, with writes flowing afterwards."""
    with clients.busy():
        ended = deployment.run("migration", **{"reason": "a rehearsal of failure", **given})
        seen = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > seen + 10)
    assert clients.refused == []
    return ended


def _assert_back_at_the_source(deployment: Deployment, ended: dict[str, Any], why: str) -> None:
    assert ended["status"] == "FAILED", ended
    assert ended["error"] == "Migration.Failed"
    assert why in ended["cause"]
    assert ended["cause"].endswith("Rollback: SUCCEEDED")
    assert deployment.route()["active"] == "source"
    # Before a migration has prepared it, the target is as its owner made it.
    assert deployment.admitting() == (["source"] if deployment.prepared() else list(SIDES))
    assert deployment.task_statuses() <= {"stopped", "ready", "failed"}
    report = deployment.document("rollback", f"rollback/rollback-{ended['name']}/report.json")
    assert report["outcome"] == "rolled back"
    assert why in report["reason"]
    assert deployment.parameter("workflow/rotation_paused") == "false"
    assert deployment.parameter("rollback/armed") == "false"


def _assert_nothing_lost(deployment: Deployment, clients: Clients) -> None:
    with deployment.connected("source") as connection:
        rows = connection.execute("SELECT id::text FROM payments.payments").fetchall()
    ids = [found for (found,) in rows]
    assert len(ids) == len(set(ids)) == 2000 + len(clients.acknowledged)
    assert set(clients.acknowledged) <= set(ids)


def test_every_state_that_can_fail_has_its_test(deployment: Deployment) -> None:
    states = _definition(deployment)["States"]
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
    state = _definition(deployment)["States"][name]

    with _changed(deployment, **{name: _failing(state)}):
        ended = _migrate(deployment, clients)

    # A cutover that fails is settled first, and tried again.
    why = "Migration.NotCutOver" if name == "Cutover" else f"{name}: InjectedError: made to fail"
    _assert_back_at_the_source(deployment, ended, why)
    _assert_nothing_lost(deployment, clients)


def test_a_completion_that_cannot_be_told_stays_complete(
    deployment: Deployment, clients: Clients
) -> None:
    state = _definition(deployment)["States"]["Complete"]

    with _changed(deployment, Complete=_failing(state)):
        ended = _migrate(deployment, clients)

    assert ended["status"] == "SUCCEEDED", ended
    assert deployment.admitting() == ["target"]


def test_a_task_that_takes_too_long_leads_back_to_the_source(
    deployment: Deployment, clients: Clients
) -> None:
    state = _definition(deployment)["States"]["PrepareCutover"]

    with _changed(deployment, PrepareCutover=_failing(state, sleep=5)):
        ended = _migrate(deployment, clients)

    _assert_back_at_the_source(deployment, ended, "PrepareCutover: States.Timeout")


def test_an_endpoint_with_a_wrong_password_is_found_before_replication(
    deployment: Deployment, clients: Clients
) -> None:
    replication, secrets = deployment.clients("dms"), deployment.clients("secretsmanager")
    (endpoint,) = replication.describe_endpoints(
        Filters=[{"Name": "endpoint-id", "Values": ["replication-endpoint-target-local"]}]
    )["Endpoints"]
    name = Secrets.TARGET_MASTER.value.name("local")
    login = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])

    replication.modify_endpoint(EndpointArn=endpoint["EndpointArn"], Password="wrong")
    try:
        ended = _migrate(deployment, clients)
    finally:
        replication.modify_endpoint(EndpointArn=endpoint["EndpointArn"], Password=login["password"])

    _assert_back_at_the_source(deployment, ended, "Migration.ConnectionFailed")


def test_a_bucket_that_refuses_the_checkpoint_stops_the_migration(
    deployment: Deployment, clients: Clients
) -> None:
    storage = deployment.clients("s3")
    bucket = deployment.outputs["migration.checkpoints_bucket"]
    before = storage.get_bucket_policy(Bucket=bucket)["Policy"]
    policy = json.loads(before)
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/migration/*/validated.json",
        }
    )

    storage.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    try:
        ended = _migrate(deployment, clients)
    finally:
        storage.put_bucket_policy(Bucket=bucket, Policy=before)

    _assert_back_at_the_source(deployment, ended, "CheckpointValidated: S3.S3Exception")


def test_a_transaction_that_holds_its_lock_is_not_ended_and_the_traffic_stays(
    deployment: Deployment, clients: Clients
) -> None:
    with deployment.connected("source") as connection, connection.transaction():
        connection.execute(
            "INSERT INTO payments.refunds (payment_id, amount, reason)"
            " SELECT id, 1, 'slow' FROM payments.payments LIMIT 1"
        )
        ended = _migrate(deployment, clients)
        connection.execute("SELECT 1")

    _assert_back_at_the_source(deployment, ended, "Migration.NotCutOver")
    with deployment.connected("source") as connection:
        found = connection.execute("SELECT count(*) FROM payments.refunds WHERE reason = 'slow'")
        assert found.fetchall() == [(1,)]


def test_an_approval_that_is_refused_leads_back_to_the_source(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="to be refused", approval=True)
        deployment.states.send_task_failure(
            taskToken=deployment.approval_token(execution), error="Refused", cause="not today"
        )
        ended = deployment.ended(execution)

    _assert_back_at_the_source(deployment, ended, "RequestApproval: Refused: not today")


def test_an_approval_that_nobody_gives_leads_back_to_the_source(
    deployment: Deployment, clients: Clients
) -> None:
    before = deployment.parameter("workflow/approval_timeout_seconds")
    deployment.set_parameter("workflow/approval_timeout_seconds", "2")
    try:
        ended = _migrate(deployment, clients, approval=True)
    finally:
        deployment.set_parameter("workflow/approval_timeout_seconds", before)

    _assert_back_at_the_source(deployment, ended, "RequestApproval: States.Timeout")


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

    ended = _migrate(deployment, clients, run=run)

    assert ended["status"] == "SUCCEEDED", ended
    visited = deployment.visited(ended["executionArn"])
    assert "ReadPrepared" in visited
    assert not {"Preflight", "StartReplication", "Validate", "CheckpointPrepared"} & set(visited)
    assert deployment.admitting() == ["target"]
