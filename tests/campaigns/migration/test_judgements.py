"""What stops a migration, or brings it back, although nothing has failed: a judgement, or a person.

Failures are in tests/e2e/test_migration_failures.py and test_migration_faults.py.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.failing import (
    assert_back_at_the_source,
    assert_nothing_lost,
    bring_back,
    deploy_with_payments,
    migrate,
)
from tests.e2e.migrations import Clients, Deployment, eventually
from tooling.checkout import Checkout

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(900)]

REFUND = (
    "INSERT INTO payments.refunds (payment_id, amount, reason)"
    " SELECT id, 1, 'none' FROM payments.payments LIMIT 1"
)


@pytest.fixture(scope="module")
def deployment(checkout: Checkout) -> Deployment:
    """A deployment of its own, with payments in the source."""
    return deploy_with_payments(checkout)


@pytest.fixture(scope="module")
def clients(deployment: Deployment) -> Clients:
    """Clients of its API, with a load that leaves the workflows their time."""
    return Clients(deployment.api(), count=2, pause_seconds=0.05)


@pytest.fixture(autouse=True)
def traffic_at_the_source(deployment: Deployment) -> Iterator[None]:
    """Leave the traffic at the source for the next test."""
    yield
    bring_back(deployment)


def _load(deployment: Deployment) -> None:
    """Load the target, and stop before the cutover."""
    execution = deployment.start("migration", reason="to load", approval=True)
    deployment.approval_token(execution)
    assert deployment.run("rollback", reason="loaded")["status"] == "SUCCEEDED"
    assert deployment.ended(execution)["status"] == "ABORTED"


def test_what_an_owner_truncated_while_it_was_replicated_stops_the_migration(
    deployment: Deployment, clients: Clients
) -> None:
    with deployment.connected("source") as source:
        source.execute(REFUND)
    _load(deployment)
    with deployment.connected("source") as source, deployment.connected("target") as target:
        source.execute("SET ROLE payments_owner")
        source.execute("TRUNCATE payments.refunds")
        assert target.execute("SELECT count(*) > 0 FROM payments.refunds").fetchall() == [(True,)]

        ended = migrate(deployment, clients)
        target.execute("DELETE FROM payments.refunds")

    _assert_not_equal(deployment, ended)
    assert_nothing_lost(deployment, clients)
    assert migrate(deployment, clients)["status"] == "SUCCEEDED"


def test_what_an_owner_truncates_after_the_validation_stops_the_cutover(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy(), deployment.connected("source") as source:
        execution = deployment.start("migration", reason="to be stopped", approval=True)
        token = deployment.approval_token(execution)
        source.execute("SET ROLE payments_owner")
        source.execute("TRUNCATE payments.refunds")
        deployment.states.send_task_success(taskToken=token, output="{}")
        ended = deployment.ended(execution)
        seen = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > seen + 10)
    with deployment.connected("target") as target:
        target.execute("DELETE FROM payments.refunds")

    assert_back_at_the_source(deployment, ended, "Migration.NotCutOver")
    assert "rewritten or dropped since their comparison began: payments.refunds" in ended["cause"]
    assert deployment.visited(execution).count("Cutover") == 1
    assert clients.refused == []
    assert_nothing_lost(deployment, clients)


def _assert_not_equal(deployment: Deployment, ended: dict[str, object]) -> None:
    assert_back_at_the_source(deployment, ended, "Migration.NotEqual")
    assert "The databases are different" in str(ended["cause"])


def test_a_row_that_only_the_target_has_changed_stops_the_migration(
    deployment: Deployment, clients: Clients
) -> None:
    _load(deployment)
    change = "UPDATE payments.accounts SET balance = balance {} 1 WHERE id = 1"
    with deployment.connected("target") as target:
        target.execute(change.format("+").encode())
        ended = migrate(deployment, clients)
        target.execute(change.format("-").encode())

    _assert_not_equal(deployment, ended)


def test_a_lag_that_does_not_become_low_stops_the_migration(
    deployment: Deployment, clients: Clients
) -> None:
    wanted = {"workflow/maximum_lag_seconds": "-1", "workflow/low_lag_timeout_seconds": "3"}
    before = {name: deployment.parameter(name) for name in wanted}
    for name, value in wanted.items():
        deployment.set_parameter(name, value)
    try:
        ended = migrate(deployment, clients)
    finally:
        for name, value in before.items():
            deployment.set_parameter(name, value)

    assert_back_at_the_source(deployment, ended, "Migration.LagTooHigh")


def test_an_operator_may_leave_out_the_comparison_after_the_cutover(
    deployment: Deployment, clients: Clients
) -> None:
    deployment.set_parameter("workflow/compare_after_cutover", "false")
    try:
        ended = migrate(deployment, clients)
    finally:
        deployment.set_parameter("workflow/compare_after_cutover", "true")

    assert ended["status"] == "SUCCEEDED", ended
    assert "CompareAgain" not in deployment.visited(ended["executionArn"])


def test_the_flag_ends_a_migration_that_has_not_cut_over(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="to be ended", approval=True)
        deployment.approval_token(execution)
        deployment.set_parameter("rollback/reason", "the month ends")
        deployment.set_parameter("rollback/requested", "true")
        eventually(lambda: deployment.parameter("rollback/requested") == "false")
        ended = deployment.ended(execution)
        eventually(lambda: deployment.task_statuses() <= {"stopped", "ready"})

    assert ended["status"] == "ABORTED"
    assert deployment.admitting() == ["source"]
    assert clients.refused == []


def test_the_alarm_brings_the_traffic_back_after_a_cutover(
    deployment: Deployment, clients: Clients
) -> None:
    ended = migrate(deployment, clients)
    assert ended["status"] == "SUCCEEDED", ended
    assert deployment.admitting() == ["target"]

    with clients.busy():
        deployment.clients("cloudwatch").set_alarm_state(
            AlarmName="alarm-rollback-local", StateValue="ALARM", StateReason="the API fails"
        )
        eventually(lambda: deployment.route()["active"] == "source")
        eventually(lambda: deployment.parameter("rollback/armed") == "false")
        seen = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > seen + 10)

    assert deployment.admitting() == ["source"]
    assert clients.refused == []
    assert_nothing_lost(deployment, clients)
