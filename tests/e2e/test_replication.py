"""The deployed replication task loads and follows; validation agrees; destroying stops it first."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign

PAYMENTS = 2_000
PATIENCE_SECONDS = 60.0


@pytest.fixture
def replicated(make_checkout: Callable[[str], Checkout]) -> Checkout:
    """A deployment of its own: seeded, and the task running."""
    checkout = make_checkout("replicated")
    assert (deployed := checkout.invoke("deploy-all")).status == 0, deployed.output
    assert (seeded := checkout.invoke("seed", "--payments", str(PAYMENTS))).status == 0, seeded
    clients, outputs = checkout.clients(), checkout.outputs()
    _start(clients("dms"), outputs["migration.replication_task_arn"])
    return checkout


def _start(dms: Any, task: str) -> None:
    """Test both connections, as DMS asks for, and start the task."""
    [described] = dms.describe_replication_tasks(
        Filters=[{"Name": "replication-task-arn", "Values": [task]}]
    )["ReplicationTasks"]
    for side in ("SourceEndpointArn", "TargetEndpointArn"):
        dms.test_connection(
            ReplicationInstanceArn=described["ReplicationInstanceArn"], EndpointArn=described[side]
        )
    for statuses in _until(
        lambda: [each["Status"] for each in dms.describe_connections()["Connections"]]
    ):
        if statuses == ["successful", "successful"]:
            break
    dms.start_replication_task(
        ReplicationTaskArn=task, StartReplicationTaskType="start-replication"
    )


def _until(look: Callable[[], Any]) -> Iterator[Any]:
    """Look again and again, for a bounded time; the last look is a failure's explanation."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield (seen := look())
        time.sleep(0.1)
    raise AssertionError(f"after {PATIENCE_SECONDS} s: {seen}")


def test_what_is_replicated_is_found_equal_and_can_be_destroyed_while_it_runs(
    replicated: Checkout,
) -> None:
    for rows in _until(lambda: replicated.query("target", "SELECT count(*) FROM payments")):
        if f" {PAYMENTS}\n" in rows:
            break

    equal = replicated.invoke("validate")
    assert equal.status == 0, equal.output

    replicated.query(
        "target",
        "UPDATE payments SET reference = reference || ' ' WHERE id ="
        " (SELECT min(id::text)::uuid FROM payments) RETURNING 1",
    )
    different = replicated.invoke("validate")
    assert different.status == 1, different.output
    assert "1 trailing blank" in different.output

    destroyed = replicated.invoke("destroy-all", "--yes")
    assert destroyed.status == 0, destroyed.output
    assert replicated.processes() == []
