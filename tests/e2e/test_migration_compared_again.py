"""A difference that only the comparison after the cutover can find brings the traffic back."""

from collections.abc import Callable

import pytest

from tests.e2e.failing import assert_back_at_the_source, assert_nothing_lost, deploy_with_payments
from tests.e2e.migrations import Clients, Deployment, eventually
from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def deployment(make_checkout: Callable[[str], Checkout]) -> Deployment:
    """A deployment of its own, with payments in the source."""
    return deploy_with_payments(make_checkout("compared-again"))


def test_a_difference_that_the_target_has_when_it_takes_the_traffic_brings_it_back(
    deployment: Deployment,
) -> None:
    """A TRUNCATE of the target, too, is replicated by nothing: the source keeps what was there."""
    clients = Clients(deployment.api(), count=2, pause_seconds=0.05)
    with clients.busy():
        execution = deployment.start("migration", reason="to be brought back", approval=True)
        token = deployment.approval_token(execution)
        with deployment.connected("source") as source:
            events = source.execute("SELECT count(*) FROM payments.payment_events").fetchall()
        with deployment.connected("target") as target:
            target.execute("SET ROLE payments_owner")
            target.execute("TRUNCATE payments.payment_events")
        deployment.states.send_task_success(taskToken=token, output="{}")
        ended = deployment.ended(execution)
        seen = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > seen + 10)

    assert_back_at_the_source(deployment, ended, "CompareAgain: Migration.NotEqual")
    assert "After the cutover the databases are different" in ended["cause"]
    visited = deployment.visited(execution)
    assert visited.index("Cutover") < visited.index("CompareAgain")
    assert "CheckpointCutOver" not in visited
    assert clients.refused == []
    assert_nothing_lost(deployment, clients)
    with deployment.connected("source") as source:
        kept = source.execute("SELECT count(*) FROM payments.payment_events").fetchall()
    assert kept > events
