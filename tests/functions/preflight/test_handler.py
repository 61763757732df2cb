"""The deployed function: two real clusters; parameters, secrets and DMS answered by moto."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from functions.preflight import handler as module
from functions.preflight.errors import UnusableInputError
from functions.preflight.handler import handler
from functions.runtime.errors import LoginFailedError, SideUnavailableError
from functions.runtime.route import Side
from tests.functions.preflight.support import Pair
from tests.functions.support import MASTER, Context, create_secret

pytestmark = pytest.mark.postgres

CreateTask = Callable[..., str]

RUN = "2026-05"
REPLICA = "SET session_replication_role = 'replica'"


@pytest.fixture
def variables(seeded: Pair, aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Set the function's environment for the payments schema on both sides."""
    source, target = (seeded.databases.settings(side) for side in ("source", "target"))
    values = {
        "ENVIRONMENT": "local",
        "SOURCE_HOST": source.host,
        "SOURCE_PORT": str(source.port),
        "TARGET_HOST": target.host,
        "TARGET_PORT": str(target.port),
        "DATABASE_NAME": seeded.databases.name,
        "SOURCE_SECRET_ARN": create_secret(MASTER),
        "TARGET_SECRET_ARN": create_secret(MASTER),
        "CERTIFICATE_AUTHORITY_SECRET_ARN": create_secret(
            {"pem": seeded.databases.clusters.authority.pem}
        ),
        "WORKFLOW_PARAMETER_PATH": f"/payments/{uuid4().hex}/workflow",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    module._surroundings.cache_clear()
    yield values
    module._surroundings.cache_clear()


@contextlib.contextmanager
def changed(seeded: Pair, change: str, undo: str) -> Iterator[None]:
    """Change both sides for a while."""
    seeded.both(change)
    try:
        yield
    finally:
        seeded.both(undo)


def call(phase: str = "before_load", **others: object) -> dict[str, Any]:
    return handler({"run": RUN, "phase": phase, **others}, Context())


def put(variables: dict[str, str], name: str, value: str) -> None:
    path = variables["WORKFLOW_PARAMETER_PATH"]
    boto3.client("ssm").put_parameter(Name=f"{path}/{name}", Value=value, Type="String")


@pytest.fixture
def create_task(variables: dict[str, str]) -> Iterator[CreateTask]:
    """Makes replication tasks; what it made is gone afterwards: others use the same moto."""
    dms = boto3.client("dms")
    with contextlib.ExitStack() as made:

        def create_endpoint(kind: str, settings: dict[str, Any]) -> str:
            arn = dms.create_endpoint(
                EndpointIdentifier=f"{kind}-{uuid4().hex}",
                EndpointType=kind,
                EngineName="aurora-postgresql",
                ServerName="localhost",
                Port=5432,
                DatabaseName="payments",
                ExtraConnectionAttributes="MapUnboundedNumericAsString=true",
                PostgreSQLSettings={"HeartbeatEnable": True, **settings},
            )["Endpoint"]["EndpointArn"]
            made.callback(dms.delete_endpoint, EndpointArn=arn)
            return str(arn)

        def create(settings: dict[str, Any], **of_target: Any) -> str:
            instance = dms.create_replication_instance(
                ReplicationInstanceIdentifier=f"instance-{uuid4().hex}",
                ReplicationInstanceClass="dms.t3.medium",
            )["ReplicationInstance"]["ReplicationInstanceArn"]
            made.callback(dms.delete_replication_instance, ReplicationInstanceArn=instance)
            task = dms.create_replication_task(
                ReplicationTaskIdentifier=f"task-{uuid4().hex}",
                SourceEndpointArn=create_endpoint("source", {}),
                TargetEndpointArn=create_endpoint("target", of_target),
                ReplicationInstanceArn=instance,
                MigrationType="full-load-and-cdc",
                TableMappings="{}",
                ReplicationTaskSettings=json.dumps(settings),
            )["ReplicationTask"]["ReplicationTaskArn"]
            made.callback(dms.delete_replication_task, ReplicationTaskArn=task)
            return str(task)

        yield create


def test_the_payments_schema_is_ready_and_no_warning_is_untrue(
    variables: dict[str, str], create_task: CreateTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = {"TargetMetadata": {"LimitedSizeLobMode": True, "LobMaxSize": 64}}
    arn = create_task(limited, AfterConnectScript=REPLICA)
    monkeypatch.setenv("REPLICATION_TASK_ARN", arn)
    answer = call()
    assert (answer["verdict"], answer["blocking"]) == ("ready", 0)
    named = {(each["severity"], each["check"], each["object"]) for each in answer["findings"]}
    assert named == {
        ("warning", "partitioned-tables", "payments.payment_events"),
        ("warning", "identity-always", "payments.accounts.id"),
        ("warning", "key-updates", "payments_writer"),
        ("note", "size", "all tables"),
    }


def test_before_the_cutover_there_is_nothing_to_say(variables: dict[str, str]) -> None:
    before = call()["catalogue_hash"]
    answer = call("before_cutover", catalogue_hash=before)
    assert answer == {
        "verdict": "ready",
        "blocking": 0,
        "warnings": 0,
        "catalogue_hash": before,
        "findings": [],
    }


def test_what_the_task_does_to_values_is_asked_of_dms(
    seeded: Pair,
    variables: dict[str, str],
    create_task: CreateTask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = {"TargetMetadata": {"FullLobMode": True, "LimitedSizeLobMode": False}}
    monkeypatch.setenv("REPLICATION_TASK_ARN", create_task(full))
    rates = "CREATE TABLE payments.rates (id int PRIMARY KEY, rate numeric)"
    with changed(seeded, rates, "DROP TABLE payments.rates"):
        severities = {each["check"]: each["severity"] for each in call()["findings"]}
        assert {"required-lobs", "target-foreign-keys"} <= severities.keys()
        assert severities["unbounded-numeric"] == "warning"
        monkeypatch.delenv("REPLICATION_TASK_ARN")
        module._surroundings.cache_clear()
        severities = {each["check"]: each["severity"] for each in call()["findings"]}
        assert "required-lobs" not in severities
        assert severities["unbounded-numeric"] == "blocking"


def test_drift_blocks_and_is_named(seeded: Pair, variables: dict[str, str]) -> None:
    before = call()["catalogue_hash"]
    add, drop = (f"ALTER TABLE payments.refunds {each}" for each in ("ADD note text", "DROP note"))
    with changed(seeded, add, drop):
        answer = call("before_cutover", catalogue_hash=before)
    assert answer["verdict"] == "blocked"
    assert answer["catalogue_hash"] != before
    assert answer["findings"] == [
        {
            "severity": "blocking",
            "check": "drift",
            "side": "source",
            "object": "column payments.refunds.note",
            "why": answer["findings"][0]["why"],
            "fix": None,
        }
    ]


def test_thresholds_are_read_at_every_call(seeded: Pair, variables: dict[str, str]) -> None:
    scratch = "CREATE UNLOGGED TABLE payments.scratch (id int PRIMARY KEY)"
    with changed(seeded, scratch, "DROP TABLE payments.scratch"):
        assert call()["verdict"] == "blocked"
        put(variables, "preflight_accepted", "unlogged-tables payments.scratch, foreign-tables")
        answer = call()
    assert answer["verdict"] == "ready"
    accepted = [each for each in answer["findings"] if each["check"] == "unlogged-tables"]
    assert {each["severity"] for each in accepted} == {"note"}
    assert all(each["why"].startswith("Accepted (blocking):") for each in accepted)
    assert len(accepted) == len(Side)


def test_metrics_and_the_answer_go_to_the_log(
    variables: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call("before_cutover")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    [metric] = [line for line in lines if "_aws" in line]
    assert metric["BlockingFindings"] == [float(answer["blocking"])]
    assert metric["Warnings"] == [float(answer["warnings"])]
    assert (metric["Environment"], metric["Phase"]) == ("local", "before_cutover")
    [dimensions] = metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert set(dimensions) == {"Environment", "Phase", "service"}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"run": "", "phase": "before_load"},
        {"run": RUN, "phase": "after"},
        {"run": RUN, "phase": "before_load", "catalogue_hash": 7},
        {"run": RUN, "phase": "before_cutover", "catalogue_hash": "v9.x."},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    event: dict[str, Any], variables: dict[str, str]
) -> None:
    with pytest.raises(UnusableInputError):
        handler(event, Context())


@pytest.mark.parametrize("value", ["soon", "-1", "inf", "nan"])
def test_a_parameter_that_makes_no_sense_is_refused(value: str, variables: dict[str, str]) -> None:
    put(variables, "preflight_sample_rows", value)
    with pytest.raises(UnusableInputError, match="preflight_sample_rows"):
        call()


def test_a_task_that_is_not_there_is_refused(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = "arn:aws:dms:ap-southeast-1:123456789012:task:NONE"
    monkeypatch.setenv("REPLICATION_TASK_ARN", arn)
    with pytest.raises(UnusableInputError, match="task:NONE cannot be read"):
        call()


def test_a_side_that_is_gone_is_an_error_to_repeat(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_PORT", "1")
    with pytest.raises(SideUnavailableError):
        call()


def test_a_rotated_password_is_read_again(variables: dict[str, str]) -> None:
    secrets = boto3.client("secretsmanager")
    arn = variables["SOURCE_SECRET_ARN"]
    wrong = {**MASTER, "password": "an-older-password"}
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(wrong))
    with pytest.raises(LoginFailedError):
        call()
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(MASTER))
    assert call()["verdict"] == "ready"


def test_a_secret_that_is_not_there_is_no_use_repeating(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "TARGET_SECRET_ARN", "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:no"
    )
    with pytest.raises(UnusableInputError):
        call()


def test_the_schema_is_a_setting(
    seeded: Pair, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "CREATE SCHEMA other; CREATE UNLOGGED TABLE other.t (a int)"
    with changed(seeded, other, "DROP SCHEMA other CASCADE"):
        assert "unlogged-tables" not in {each["check"] for each in call()["findings"]}
        monkeypatch.setenv("SCHEMA", "other")
        module._surroundings.cache_clear()
        assert "unlogged-tables" in {each["check"] for each in call()["findings"]}
