"""The deployed steps, over two real databases and a bucket: bounded, repeatable, and silent."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
import pytest
from psycopg import sql

from functions.data_validation import handler as entry
from functions.data_validation.checkpoints import PLAN, CheckpointConflictError, S3Store, item
from functions.data_validation.errors import CheckpointError, UnusableInputError
from tests.functions.data_validation.support import Databases
from tests.functions.support import MASTER, Clusters, Context, create_secret

SCHEMA = """
CREATE TABLE public.accounts (id bigint PRIMARY KEY, owner text NOT NULL, balance numeric);
CREATE TABLE public.notes (body text);
INSERT INTO public.accounts SELECT n, 'holder ' || n, n / 4.0 FROM generate_series(1, 5000) n;
INSERT INTO public.notes SELECT 'note ' || n FROM generate_series(1, 100) n;
ANALYZE;
"""
SECRET_TEXT = "4111 1111 1111 1111"
DEFAULTS = {
    "concurrency": "2",
    "max_rate": "0",
    "recheck_seconds": "5",
    "replication": "auto",
    "rows_per_item": "2000000",
}


class Deadline(Context):
    """A context whose time passes."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._ends_at = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # static there
        return max(0, round((self._ends_at - time.monotonic()) * 1000))


@dataclass(frozen=True)
class Function:
    """The function, called as its state machine calls it."""

    bucket: str
    queue: str

    def plan(self, request: dict[str, Any] | None = None, execution: str = "") -> dict[str, Any]:
        name = execution or uuid4().hex
        return self.call({"action": "plan", "execution": name, "request": request or {}})

    def compare(self, run: str, number: int, seconds: float = 60) -> dict[str, Any]:
        return self.call({"action": "compare", "run": run, "item": number}, seconds)

    def finish(self, run: str) -> dict[str, Any]:
        return self.call({"action": "finish", "run": run})

    def call(self, event: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
        answer = entry.handler(event, Deadline(seconds))
        assert len(json.dumps(answer)) < 2_000
        return answer

    def whole_run(self, request: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do what the state machine does."""
        planned = self.plan(request)
        for each in self.items(planned):
            while not self.compare(planned["run"], each)["done"]:
                pass
        return self.finish(planned["run"])

    def items(self, planned: dict[str, Any]) -> list[int]:
        return [each["item"] for each in self._read(planned["items_key"])]

    def report(self, finished: dict[str, Any]) -> dict[str, Any]:
        assert finished["report"]["bucket"] == self.bucket
        report: dict[str, Any] = self._read(finished["report"]["key"])
        return report

    def store(self, run: str) -> S3Store:
        return S3Store(boto3.client("s3"), self.bucket, f"validation/{run}")

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the events published so far, once each."""
        received = boto3.client("sqs").receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        bodies = [json.loads(message["Body"]) for message in received.get("Messages", [])]
        return [(body["detail-type"], body["detail"]) for body in bodies]

    def _read(self, key: str) -> Any:
        return json.load(boto3.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"])


@pytest.fixture
def tables(reused_databases: Databases) -> Databases:
    """Databases with the same tables and rows on both sides."""
    reused_databases.execute(SCHEMA)
    return reused_databases


@pytest.fixture
def variables(tables: Databases, clusters: Clusters, aws: None) -> dict[str, str]:
    """The function's environment; the bucket, the parameters and the secrets exist."""
    bucket, path = f"bucket-{uuid4().hex}", f"/payments/{uuid4().hex}/validation"
    boto3.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
    )
    for name, value in DEFAULTS.items():
        boto3.client("ssm").put_parameter(Name=f"{path}/{name}", Value=value, Type="String")
    return {
        "ENVIRONMENT": "local",
        "SOURCE_HOST": clusters.source.host,
        "SOURCE_PORT": str(clusters.source.port),
        "TARGET_HOST": clusters.target.host,
        "TARGET_PORT": str(clusters.target.port),
        "DATABASE_NAME": tables.name,
        "SOURCE_SECRET_ARN": create_secret(MASTER),
        "TARGET_SECRET_ARN": create_secret(MASTER),
        "CERTIFICATE_AUTHORITY_SECRET_ARN": create_secret({"pem": clusters.authority.pem}),
        "CHECKPOINTS_BUCKET": bucket,
        "CHECKPOINT_PREFIX": "validation",
        "PARAMETER_PATH": path,
        "EVENT_SOURCE": f"payments.migration.{uuid4().hex}",
    }


@pytest.fixture
def function(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    """The function in its environment, and a queue that hears its events."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    queues, bus = boto3.client("sqs"), boto3.client("events")
    queue = queues.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    rule = f"rule-{uuid4().hex[:8]}"
    bus.put_rule(Name=rule, EventPattern=json.dumps({"source": [variables["EVENT_SOURCE"]]}))
    bus.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    entry._steps.cache_clear()
    yield Function(variables["CHECKPOINTS_BUCKET"], queue)
    entry._steps.cache_clear()


def test_equal_databases_are_equal_and_said_to_be(function: Function) -> None:
    finished = function.whole_run()

    assert finished["verdict"] == "equal"
    assert finished["tables"] == 2
    assert finished["totals"]["source_rows"] == finished["totals"]["target_rows"] == 5100
    assert function.report(finished)["outcome"] == "equal"
    assert [name for name, _ in function.events()] == ["Validation Started", "Validation Completed"]


def test_differences_are_found_reported_and_told(function: Function, tables: Databases) -> None:
    tables.target.execute("UPDATE accounts SET owner = owner || ' ' WHERE id = 4711")
    tables.target.execute("DELETE FROM accounts WHERE id = 1")
    tables.target.execute("INSERT INTO accounts VALUES (5001, 'extra', 0)")
    tables.target.execute("INSERT INTO notes SELECT 'note 7'")

    finished = function.whole_run()

    totals = finished["totals"]
    assert finished["verdict"] == "different"
    assert (totals["missing"], totals["extra"], totals["different"]) == (1, 2, 1)
    (accounts, notes) = function.report(finished)["tables"]
    assert [found["where"] for found in accounts["findings"]] == [
        '"id" = 1',
        '"id" = 4711',
        '"id" = 5001',
    ]
    assert len(notes["findings"]) == 1
    told = [detail for name, detail in function.events() if name == "Validation Mismatch Found"]
    assert {detail["table"] for detail in told} == {"public.accounts", "public.notes"}
    assert max(detail["missing"] + detail["extra"] + detail["different"] for detail in told) == 3


def test_an_invocation_stops_in_time_and_the_next_goes_on(function: Function) -> None:
    planned = function.plan({"options": {"max_rate": 2000, "concurrency": 1}})
    calls, started = 0, time.monotonic()
    for number in function.items(planned):
        done = False
        while not done:
            called = time.monotonic()
            done = function.compare(planned["run"], number, seconds=1.5)["done"]
            assert time.monotonic() - called < 3.0
            calls += 1

    finished = function.finish(planned["run"])

    assert time.monotonic() - started >= 1.0
    assert calls > 2
    assert finished["verdict"] == "equal"
    assert finished["totals"]["source_rows"] == 5100


def test_a_finished_item_is_not_compared_again(function: Function, tables: Databases) -> None:
    planned = function.plan()
    numbers = function.items(planned)
    for number in numbers:
        assert function.compare(planned["run"], number)["done"]
    tables.target.execute("TRUNCATE accounts, notes")

    again = function.plan({"run": planned["run"]})
    for number in numbers:
        assert function.compare(planned["run"], number)["done"]

    assert again["items"] == planned["items"]
    assert function.finish(planned["run"])["verdict"] == "equal"


def test_a_run_that_has_ended_is_not_begun_again(function: Function) -> None:
    finished = function.whole_run({"run": "a-run"})

    with pytest.raises(UnusableInputError, match="run a-run was finished at 20"):
        function.plan({"run": finished["run"]})


def test_a_run_is_not_gone_on_with_for_something_else(function: Function) -> None:
    function.plan({"run": "a-run"})

    with pytest.raises(UnusableInputError, match="other options: tables was None"):
        function.plan({"run": "a-run", "tables": ["public.notes"]})


def test_a_table_that_changes_under_way_stops_the_run(
    function: Function, tables: Databases
) -> None:
    planned = function.plan()
    tables.execute("ALTER TABLE accounts ADD COLUMN note text")

    with pytest.raises(UnusableInputError, match="changed since"):
        function.compare(planned["run"], 0)


def test_only_what_was_asked_for_is_compared(function: Function, tables: Databases) -> None:
    tables.target.execute("TRUNCATE accounts")

    finished = function.whole_run({"tables": ["public.notes"]})

    assert (finished["verdict"], finished["tables"]) == ("equal", 1)


def test_nothing_to_compare_is_no_equality(function: Function) -> None:
    with pytest.raises(UnusableInputError, match="nowhere"):
        function.plan({"schemas": ["nowhere"]})


def test_a_large_table_becomes_several_items(function: Function, tables: Databases) -> None:
    tables.target.execute("DELETE FROM accounts WHERE id = 2500")

    request = {"tables": ["public.accounts"], "options": {"rows_per_item": 1000}}
    planned = function.plan(request)
    finished = function.whole_run(request)

    assert planned["items"] > 2
    assert finished["verdict"] == "different"
    assert finished["totals"]["source_rows"] == 5000
    assert finished["totals"]["missing"] == 1


def test_a_run_cannot_finish_before_its_items(function: Function) -> None:
    planned = function.plan()
    function.compare(planned["run"], 0)

    with pytest.raises(CheckpointError, match=r"1 items of run \w+ are not finished"):
        function.finish(planned["run"])


def test_a_report_says_why_a_target_that_gets_nothing_is_unverified(
    function: Function, tables: Databases
) -> None:
    tables.execute("CREATE TABLE sentinel (id int PRIMARY KEY DEFAULT 1, value bigint NOT NULL)")
    tables.execute("INSERT INTO sentinel (value) VALUES (0)")
    tables.target.execute("UPDATE accounts SET balance = 0 WHERE id = 7")

    finished = function.whole_run(
        {"options": {"replication": "sentinel:public.sentinel", "recheck_seconds": 1}}
    )

    assert finished["verdict"] == "unverified"
    assert finished["tables"] == 2  # the sentinel counts marks and is not compared
    report = function.report(finished)
    assert report["conditions"]["replication"] == "sentinel:public.sentinel"
    assert "sentinel" in report["hindrance"]


def test_an_invocation_that_was_overtaken_changes_nothing(function: Function) -> None:
    planned = function.plan({"tables": ["public.notes"]})
    overtaken = function.store(planned["run"])
    assert overtaken.load(item(0)) is None
    function.compare(planned["run"], 0)

    with pytest.raises(CheckpointConflictError):
        overtaken.save(item(0), {"stale": True})

    assert function.finish(planned["run"])["verdict"] == "equal"


def test_options_may_change_while_a_run_is_gone_on_with(function: Function) -> None:
    function.plan({"run": "a-run", "options": {"concurrency": 1}})

    again = function.plan({"run": "a-run", "options": {"concurrency": 7, "max_rate": 9000}})

    assert again["concurrency"] == 7
    options = function.store("a-run").load("options.json")
    assert options is not None
    assert options["options"]["max_rate"] == 9000
    assert options["replication"] == "none"


def test_what_a_side_refuses_to_read_is_unverified_with_the_reason(
    function: Function, tables: Databases, variables: dict[str, str]
) -> None:
    stranger = {"username": f"stranger_{uuid4().hex[:8]}", "password": "a-strangers-password"}
    role = sql.Identifier(stranger["username"])
    create = sql.SQL(
        "CREATE ROLE {0} LOGIN PASSWORD {1};"
        " GRANT USAGE ON SCHEMA public TO {0}; GRANT SELECT ON accounts TO {0}"
    )
    boto3.client("secretsmanager").put_secret_value(
        SecretId=variables["TARGET_SECRET_ARN"], SecretString=json.dumps(stranger)
    )
    with tables.superuser("target") as administrator:
        administrator.execute(create.format(role, sql.Literal(stranger["password"])))
        try:
            finished = function.whole_run({"options": {"compare_schema": False}})
        finally:
            administrator.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(role))

    (accounts, notes) = function.report(finished)["tables"]
    assert finished["verdict"] == "unverified"
    assert accounts["outcome"] == "equal"
    assert notes["outcome"] == "unverified"
    assert "refused" in notes["stopped_early"]


def test_after_a_cutover_the_target_is_counted_and_both_keep_their_names(
    function: Function, tables: Databases
) -> None:
    tables.execute("CREATE TABLE sentinel (id int PRIMARY KEY DEFAULT 1, value bigint NOT NULL)")
    tables.execute("INSERT INTO sentinel (value) VALUES (0)")
    tables.source.execute("DELETE FROM accounts WHERE id = 7")
    tables.target.execute("DELETE FROM accounts WHERE id IN (8, 9)")

    finished = function.whole_run(
        {
            "options": {
                "direction": "reverse",
                "replication": "sentinel:public.sentinel",
                "recheck_seconds": 1,
            }
        }
    )

    report = function.report(finished)
    (accounts,) = (each for each in report["tables"] if each["table"] == "public.accounts")
    assert report["conditions"]["direction"] == "reverse"
    assert (accounts["totals"]["source_rows"], accounts["totals"]["target_rows"]) == (4999, 4998)
    kinds = {finding["where"]: finding["kind"] for finding in accounts["findings"]}
    assert kinds == {'"id" = 7': "extra", '"id" = 8': "missing", '"id" = 9': "missing"}
    assert (
        report["hindrance"] == "sentinel public.sentinel is at 1 on the target, at 0 on the source"
    )
    told = {name: detail["direction"] for name, detail in function.events()}
    assert told == {"Validation Started": "reverse", "Validation Completed": "reverse"}


def test_a_run_is_not_gone_on_with_in_the_other_direction(function: Function) -> None:
    planned = function.plan()

    with pytest.raises(UnusableInputError, match="other options: direction was forward"):
        function.plan({"run": planned["run"], "options": {"direction": "reverse"}})


def test_a_run_that_was_begun_before_there_were_directions_goes_on(function: Function) -> None:
    planned = function.plan()
    store = function.store(planned["run"])
    document = dict(store.load(PLAN) or {})
    for part in ("selection", "conditions"):
        del document["plan"][part]["direction"]
    store.save(PLAN, document)

    assert function.plan({"run": planned["run"]})["items"] == planned["items"]


def test_a_rotated_password_is_read_again(
    function: Function, variables: dict[str, str], tables: Databases
) -> None:
    secrets = boto3.client("secretsmanager")
    wrong = json.dumps({**MASTER, "password": "the one before"})
    secrets.put_secret_value(SecretId=variables["SOURCE_SECRET_ARN"], SecretString=wrong)
    with pytest.raises(Exception, match="refused"):
        function.plan()
    secrets.put_secret_value(
        SecretId=variables["SOURCE_SECRET_ARN"], SecretString=json.dumps(MASTER)
    )

    assert function.plan()["tables"] == 2


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"action": "guess"},
        {"action": "compare", "run": "a-run"},
        {"action": "compare", "run": "a-run", "item": "0"},
        {"action": "finish"},
    ],
)
def test_an_event_of_another_form_is_refused_by_name(
    function: Function, event: dict[str, Any]
) -> None:
    with pytest.raises(UnusableInputError, match=r"is none of plan .* and finish"):
        function.call(event)


def test_a_run_without_a_plan_is_said_so(function: Function) -> None:
    with pytest.raises(CheckpointError, match=f"no plan|no {PLAN}"):
        function.compare("never-planned", 0)


def test_an_item_beyond_the_plan_is_refused(function: Function) -> None:
    planned = function.plan()

    with pytest.raises(CheckpointError, match="has no item 99"):
        function.compare(planned["run"], 99)


def test_no_value_of_a_row_is_logged_told_or_reported(
    function: Function,
    tables: Databases,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tables.source.execute("UPDATE accounts SET owner = %s WHERE id = 77", [SECRET_TEXT])
    tables.target.execute("INSERT INTO notes VALUES (%s)", [SECRET_TEXT])

    finished = function.whole_run()

    assert finished["verdict"] == "different"
    everything = (
        capsys.readouterr().out
        + str([vars(record) for record in caplog.records])
        + json.dumps(function.events())
        + json.dumps(function.report(finished))
        + json.dumps([function.store(finished["run"]).load(item(n)) for n in (0, 1)])
    )
    assert all(text in everything for text in ("compare done", "Mismatches", "findings"))
    assert SECRET_TEXT not in everything
    assert MASTER["password"] not in everything
