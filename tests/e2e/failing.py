"""What tests of failing migrations share: a deployment, ways to fail, and what has to follow."""

import contextlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from tests.e2e.migrations import SIDES, Clients, Deployment, eventually
from tooling.checkout import Checkout

PAYMENTS = 2000
FAULT = """
import time
class InjectedError(Exception): pass
def handler(event, context):
    if event.get("sleep"):
        time.sleep(event["sleep"])
    raise InjectedError("made to fail")
"""


def deploy_with_payments(checkout: Checkout) -> Deployment:
    """Deploy everything and put payments into the source."""
    assert (deployed := checkout.invoke("deploy-all")).status == 0, deployed.output
    assert (seeded := checkout.invoke("seed", "--payments", str(PAYMENTS))).status == 0, seeded
    return Deployment.of(checkout)


def create_failing_function(deployment: Deployment) -> None:
    """Create the function `fault`, which takes its time and then raises."""
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


def bring_back(deployment: Deployment) -> None:
    """Bring the traffic back to the source, where it is not there."""
    if deployment.route()["active"] != "source":
        assert deployment.run("rollback", reason="next test")["status"] == "SUCCEEDED"


def definition(deployment: Deployment) -> dict[str, Any]:
    described = deployment.states.describe_state_machine(
        stateMachineArn=deployment.machine("migration")
    )
    found: dict[str, Any] = json.loads(described["definition"])
    return found


@contextlib.contextmanager
def changed(deployment: Deployment, **states: dict[str, Any]) -> Iterator[None]:
    """Deploy the migration with changed states, and put it back in the end."""
    machine = deployment.machine("migration")
    original = definition(deployment)
    variant = {**original, "States": {**original["States"], **states}}
    deployment.states.update_state_machine(stateMachineArn=machine, definition=json.dumps(variant))
    try:
        yield
    finally:
        deployment.states.update_state_machine(
            stateMachineArn=machine, definition=json.dumps(original)
        )


def failing(state: dict[str, Any], **payload: Any) -> dict[str, Any]:
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


def migrate(deployment: Deployment, clients: Clients, **given: Any) -> dict[str, Any]:
    """Run a migration under load to its end, with writes flowing afterwards."""
    with clients.busy():
        ended = deployment.run("migration", **{"reason": "a rehearsal of failure", **given})
        seen = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > seen + 10)
    assert clients.refused == []
    return ended


def assert_back_at_the_source(deployment: Deployment, ended: dict[str, Any], why: str) -> None:
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


def assert_nothing_lost(deployment: Deployment, clients: Clients) -> None:
    with deployment.connected("source") as connection:
        rows = connection.execute("SELECT id::text FROM payments.payments").fetchall()
    ids = [found for (found,) in rows]
    assert len(ids) == len(set(ids)) == PAYMENTS + len(clients.acknowledged)
    assert set(clients.acknowledged) <= set(ids)
