"""The deployed validation: what it says, whom it tells, and that it survives being killed."""

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from psycopg import sql

from localcloud.databases import ConnectionSettings
from shared.existing_secrets import Secrets
from tooling.checkout import Checkout

Clients = Callable[[str], Any]
PATIENCE_SECONDS = 120
ROWS = 20_000
TABLES = """
CREATE TABLE entries (id bigint PRIMARY KEY, account uuid NOT NULL, amount numeric, note text);
CREATE TABLE labels (name text);
INSERT INTO entries
SELECT n, md5(n::text)::uuid, n / 100.0, 'entry ' || n FROM generate_series(1, %s) n;
INSERT INTO labels SELECT 'label ' || n FROM generate_series(1, 50) n;
"""


@dataclass(frozen=True)
class Validation:
    """The deployed state machine, and a schema of the test's own with equal rows on both sides."""

    clients: Clients
    outputs: dict[str, Any]
    schema: str
    source: psycopg.Connection[Any]
    target: psycopg.Connection[Any]

    def start(self, **request: Any) -> str:
        started = self.clients("stepfunctions").start_execution(
            stateMachineArn=self.outputs["migration.validation_state_machine_arn"],
            input=json.dumps({"schemas": [self.schema], **request}),
        )
        return str(started["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        def described() -> Any:
            found = self.clients("stepfunctions").describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        found: dict[str, Any] = _eventually(described)
        return found

    def result(self, execution: str) -> dict[str, Any]:
        """Wait for an execution that has to succeed; return its output."""
        ended = self.ended(execution)
        assert ended["status"] == "SUCCEEDED", ended
        output: dict[str, Any] = json.loads(ended["output"])
        return output

    def report(self, result: dict[str, Any]) -> dict[str, Any]:
        read: dict[str, Any] = self.document(result["report"]["key"])
        return read

    def document(self, key: str) -> Any:
        bucket = self.outputs["migration.checkpoints_bucket"]
        return json.load(self.clients("s3").get_object(Bucket=bucket, Key=key)["Body"])

    def metric(self, name: str, table: str) -> float:
        """Return the sum of a metric of one of the schema's tables."""
        now = datetime.now(UTC)
        dimensions = {
            "service": "data-validation",
            "Environment": "local",
            "Table": f"{self.schema}.{table}",
        }
        answer = self.clients("cloudwatch").get_metric_statistics(
            Namespace="Payments/Validation",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))

    def rows_done(self, run: str) -> int:
        """Return how many of the source's rows the checkpoints of a run account for."""
        found = self.clients("s3").list_objects_v2(
            Bucket=self.outputs["migration.checkpoints_bucket"],
            Prefix=f"validation/{run}/items/",
        )
        cursors = [self.document(each["Key"])["cursor"] for each in found.get("Contents", ())]
        return sum(cursor["totals"]["source_rows"] for cursor in cursors)


def _eventually(look: Callable[[], Any]) -> Any:
    """Return the first result that is true; fail after a bounded time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"nothing after {PATIENCE_SECONDS} s")


def _connect(
    clients: Clients, outputs: dict[str, Any], side: str, authority: Path
) -> psycopg.Connection[Any]:
    secrets = clients("secretsmanager")

    def read(arn: str) -> dict[str, str]:
        content: dict[str, str] = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
        return content

    authority.write_text(read(outputs["data.certificate_authority_secret_arn"])["pem"])
    login = read(outputs[f"data.{side}_secret_arn"])
    assert set(login) >= set(Secrets.SOURCE_MASTER.value.keys)
    return ConnectionSettings(
        host=outputs[f"data.{side}_endpoint"],
        port=outputs[f"data.{side}_port"],
        dbname=outputs["data.database_name"],
        user=login["username"],
        password=login["password"],
        sslrootcert=authority,
    ).connect(autocommit=True)


@pytest.fixture
def validation(deployed: Checkout, clients: Clients, tmp_path: Path) -> Iterator[Validation]:
    """Make the schema on both sides, and drop it in the end."""
    outputs = deployed.outputs()
    schema = f"validated_{uuid.uuid4().hex[:8]}"
    name = sql.Identifier(schema)
    with (
        _connect(clients, outputs, "source", tmp_path / "source.pem") as source,
        _connect(clients, outputs, "target", tmp_path / "target.pem") as target,
    ):
        try:
            for side in (source, target):
                side.execute(sql.SQL("CREATE SCHEMA {0}; SET search_path = {0}").format(name))
                side.execute(TABLES.replace("%s", str(ROWS)).encode())
                side.execute("ANALYZE entries")
            yield Validation(clients, outputs, schema, source, target)
        finally:
            for side in (source, target):
                side.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))


@pytest.fixture
def alerts(deployed: Checkout, clients: Clients) -> Callable[[str], list[dict[str, Any]]]:
    """Subscribes a queue to the validation's topic; returns the events of a run so far."""
    queues = clients("sqs")
    url = queues.create_queue(QueueName=f"listener-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    topic = deployed.outputs()["observability.validation_alerts_topic_arn"]
    clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    received: list[dict[str, Any]] = []

    def events_of(run: str) -> list[dict[str, Any]]:
        answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", ()):
            received.append(json.loads(json.loads(message["Body"])["Message"]))
            queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [event for event in received if run in json.dumps(event["detail"])]

    return events_of


@contextlib.contextmanager
def _time_limit(validation: Validation, seconds: int) -> Iterator[None]:
    """Give the function less time, so that an item takes several invocations."""
    functions = validation.clients("lambda")
    name = validation.outputs["migration.validation_function_name"]
    usual = functions.get_function_configuration(FunctionName=name)["Timeout"]
    functions.update_function_configuration(FunctionName=name, Timeout=seconds)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Timeout=usual)


def _kill_workers(checkout: Checkout, function: str) -> int:
    """Kill the processes that run a function, and no others; return how many there were."""
    killed = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            here = str(checkout.folder) in " ".join(process.cmdline())
            if here and process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function:
                process.kill()
                killed += 1
    return killed


def test_equal_databases_are_equal_and_the_topic_hears_of_it(
    validation: Validation, alerts: Callable[[str], list[dict[str, Any]]]
) -> None:
    result = validation.result(validation.start())

    assert result["verdict"] == "equal"
    assert result["totals"]["source_rows"] == result["totals"]["target_rows"] == ROWS + 50
    assert validation.report(result)["outcome"] == "equal"

    def told() -> list[str]:
        types = [event["detail-type"] for event in alerts(result["run"])]
        return types if "Validation Completed" in types else []

    assert sorted(_eventually(told)) == ["Validation Completed", "Validation Started"]


def test_a_planted_difference_is_in_the_output_the_report_and_an_alert(
    validation: Validation, alerts: Callable[[str], list[dict[str, Any]]]
) -> None:
    validation.target.execute("UPDATE entries SET note = note || ' ' WHERE id = 4711")
    validation.target.execute("INSERT INTO labels VALUES ('label 7')")

    result = validation.result(validation.start())

    assert result["verdict"] == "different"
    assert (result["totals"]["different"], result["totals"]["extra"]) == (1, 1)
    (entries, labels) = validation.report(result)["tables"]
    (finding,) = entries["findings"]
    assert finding["where"] == '"id" = 4711'
    assert [column["column"] for column in finding["columns"]] == ["note"]
    assert len(labels["findings"]) == 1

    def told() -> list[dict[str, Any]]:
        events = alerts(result["run"])
        ended = any(event["detail-type"] == "Validation Completed" for event in events)
        return events if ended else []

    events = _eventually(told)
    mismatches = [e["detail"] for e in events if e["detail-type"] == "Validation Mismatch Found"]
    assert {detail["table"] for detail in mismatches} == {
        f"{validation.schema}.entries",
        f"{validation.schema}.labels",
    }
    assert any(detail["where"] == ['"id" = 4711'] for detail in mismatches)
    assert "entry 4711" not in json.dumps(events)
    assert _eventually(lambda: validation.metric("Mismatches", "entries") == 1)
    assert validation.metric("RowsCompared", "entries") == ROWS


def test_killed_and_out_of_time_again_and_again_the_verdict_is_the_same(
    validation: Validation, deployed: Checkout
) -> None:
    validation.target.execute("DELETE FROM entries WHERE id = 19999")
    run = f"killed-{uuid.uuid4().hex[:8]}"
    function = validation.outputs["migration.validation_function_name"]

    with _time_limit(validation, 4):
        execution = validation.start(run=run, options={"max_rate": 4000, "concurrency": 1})
        _eventually(lambda: 0 < validation.rows_done(run) < ROWS)
        assert _kill_workers(deployed, function) >= 1
        result = validation.result(execution)

    assert result["verdict"] == "different"
    assert result["totals"]["source_rows"] == ROWS + 50
    assert (result["totals"]["missing"], result["totals"]["different"]) == (1, 0)


def test_a_stopped_run_goes_on_in_another_execution(validation: Validation) -> None:
    run = f"stopped-{uuid.uuid4().hex[:8]}"
    with _time_limit(validation, 4):
        stopped = validation.start(run=run, options={"max_rate": 4000, "concurrency": 1})
        _eventually(lambda: 0 < validation.rows_done(run) < ROWS)
        validation.clients("stepfunctions").stop_execution(executionArn=stopped)
        assert validation.ended(stopped)["status"] == "ABORTED"
    before = validation.rows_done(run)
    validation.target.execute("DELETE FROM entries WHERE id = 1")

    result = validation.result(validation.start(run=run))

    assert 0 < before < ROWS
    # The row that was deleted meanwhile is in a part that had been compared: that part is done.
    assert result["verdict"] == "equal"
    assert result["totals"]["source_rows"] == ROWS + 50


def test_what_cannot_be_compared_fails_with_the_reason_and_an_alert(
    validation: Validation, alerts: Callable[[str], list[dict[str, Any]]]
) -> None:
    execution = validation.start(tables=["nowhere.nothing"])

    ended = validation.ended(execution)

    assert ended["status"] == "FAILED"
    assert ended["error"] == "Validation.Failed"
    assert "nowhere.nothing" in ended["cause"]
    (failure,) = _eventually(lambda: alerts(execution.rsplit(":", 1)[-1]))
    assert failure["detail-type"] == "Validation Failed"
    assert failure["detail"]["error"] == "UnusableInputError"
