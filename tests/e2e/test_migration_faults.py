"""Faults around a running migration, and where the system ends: on one side, writes flowing."""

import contextlib
import json
from collections.abc import Callable, Iterator

import psutil
import pytest

from shared.existing_secrets import Secrets
from tests.e2e.failing import (
    assert_back_at_the_source,
    assert_nothing_lost,
    bring_back,
    deploy_with_payments,
    migrate,
)
from tests.e2e.migrations import Clients, Deployment, eventually
from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign

CUTOVER = "function-cutover-local"


@pytest.fixture(scope="module")
def deployment(make_checkout: Callable[[str], Checkout]) -> Deployment:
    """A deployment of its own, with payments in the source."""
    return deploy_with_payments(make_checkout("faults"))


@pytest.fixture(scope="module")
def clients(deployment: Deployment) -> Clients:
    """Clients of its API."""
    return Clients(deployment.api(), count=2)


@pytest.fixture(autouse=True)
def traffic_at_the_source(deployment: Deployment) -> Iterator[None]:
    """Leave the traffic at the source for the next test."""
    yield
    bring_back(deployment)


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
        ended = migrate(deployment, clients)
    finally:
        replication.modify_endpoint(EndpointArn=endpoint["EndpointArn"], Password=login["password"])

    assert_back_at_the_source(deployment, ended, "Migration.ConnectionFailed")


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
        ended = migrate(deployment, clients)
    finally:
        storage.put_bucket_policy(Bucket=bucket, Policy=before)

    assert_back_at_the_source(deployment, ended, "CheckpointValidated: S3.S3Exception")


def test_a_transaction_that_holds_its_lock_is_not_ended_and_the_traffic_stays(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="held", approval=True)
        token = deployment.approval_token(execution)
        # Not earlier: the making of a replication slot waits for transactions that write.
        with deployment.connected("source") as connection, connection.transaction():
            connection.execute(
                "INSERT INTO payments.refunds (payment_id, amount, reason)"
                " SELECT id, 1, 'slow' FROM payments.payments LIMIT 1"
            )
            deployment.states.send_task_success(taskToken=token, output="{}")
            ended = deployment.ended(execution)
            connection.execute("SELECT 1")

    assert clients.refused == []
    assert_back_at_the_source(deployment, ended, "Migration.NotCutOver")
    with deployment.connected("source") as connection:
        found = connection.execute("SELECT count(*) FROM payments.refunds WHERE reason = 'slow'")
        assert found.fetchall() == [(1,)]


def test_a_throttled_function_is_called_again(deployment: Deployment, clients: Clients) -> None:
    functions = deployment.clients("lambda")
    functions.put_function_concurrency(FunctionName=CUTOVER, ReservedConcurrentExecutions=0)
    try:
        with clients.busy():
            execution = deployment.start("migration", reason="throttled")
            eventually(lambda: "Lambda.TooManyRequestsException" in deployment.errors(execution))
            functions.delete_function_concurrency(FunctionName=CUTOVER)
            ended = deployment.ended(execution)
    finally:
        functions.delete_function_concurrency(FunctionName=CUTOVER)

    assert ended["status"] == "SUCCEEDED", ended
    assert deployment.admitting() == ["target"]
    assert clients.refused == []
    bring_back(deployment)
    assert_nothing_lost(deployment, clients)


def test_a_replication_that_fails_leads_back_to_the_source(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="conflict", approval=True)
        token = deployment.approval_token(execution)
        with deployment.connected("target") as target:
            target.execute(
                "ALTER TABLE payments.refunds ADD CONSTRAINT planted CHECK (reason <> 'planted')"
            )
            with deployment.connected("source") as source:
                source.execute(
                    "INSERT INTO payments.refunds (payment_id, amount, reason)"
                    " SELECT id, 1, 'planted' FROM payments.payments LIMIT 1"
                )
            eventually(lambda: "failed" in deployment.task_statuses())
            target.execute("ALTER TABLE payments.refunds DROP CONSTRAINT planted")
        deployment.states.send_task_success(taskToken=token, output="{}")
        ended = deployment.ended(execution)

    assert_back_at_the_source(deployment, ended, "had not applied all changes")
    assert_nothing_lost(deployment, clients)


def test_a_target_that_does_not_answer_for_a_while_takes_no_traffic_meanwhile(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="target away", approval=True)
        token = deployment.approval_token(execution)
        with _frozen(deployment, "target"):
            deployment.states.send_task_success(taskToken=token, output="{}")
            eventually(lambda: deployment.errors(execution))
            assert deployment.route()["active"] == "source"
            seen = len(clients.acknowledged)
            eventually(lambda: len(clients.acknowledged) > seen + 10)
        deployment.ended(execution)

    assert deployment.admitting() == [deployment.route()["active"]]
    assert clients.refused == []
    bring_back(deployment)
    assert_nothing_lost(deployment, clients)


def test_a_cutover_that_is_killed_is_settled_and_tried_again(
    deployment: Deployment, clients: Clients
) -> None:
    with clients.busy():
        execution = deployment.start("migration", reason="killed", approval=True)
        token = deployment.approval_token(execution)
        with deployment.connected("source") as connection, connection.transaction():
            connection.execute("LOCK TABLE payments.refunds IN ROW EXCLUSIVE MODE")
            deployment.states.send_task_success(taskToken=token, output="{}")
            eventually(lambda: _waits_for_locks(deployment))
            _kill_workers(CUTOVER)
        ended = deployment.ended(execution)

    assert ended["status"] == "SUCCEEDED", ended
    assert deployment.visited(execution).count("Cutover") > 1
    assert deployment.admitting() == ["target"]
    assert clients.refused == []
    bring_back(deployment)
    assert_nothing_lost(deployment, clients)


@contextlib.contextmanager
def _frozen(deployment: Deployment, side: str) -> Iterator[None]:
    """Stop every process of a side's server for the block, as a machine that hangs does."""
    with deployment.connected(side) as connection:
        server = psutil.Process(connection.info.backend_pid).parent()
    assert server is not None
    processes = [server, *server.children()]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def _waits_for_locks(deployment: Deployment) -> bool:
    with deployment.connected("source") as connection:
        found = connection.execute(
            "SELECT FROM pg_locks WHERE NOT granted AND mode = 'ExclusiveLock'"
        )
        return found.rowcount > 0


def _kill_workers(function: str) -> None:
    killed = 0
    for process in psutil.process_iter():
        try:
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function:
                process.kill()
                killed += 1
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    assert killed
