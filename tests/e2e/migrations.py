"""A deployment whose workflows are run, and whose databases are looked into, by tests."""

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from localcloud.databases import ConnectionSettings
from tests.e2e.api import Answer, Api
from tooling.checkout import Checkout

PATIENCE_SECONDS = 120.0
SIDES = ("source", "target")
TABLES = ("accounts", "payments", "ledger_entries", "refunds", "payment_events")


def eventually(look: Callable[[], Any]) -> Any:
    """Return the first result that is true; fail after a bounded time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing after {PATIENCE_SECONDS} s")


@dataclass(frozen=True)
class Deployment:
    """A deployed checkout, its clients and its outputs."""

    checkout: Checkout
    clients: Callable[[str], Any]
    outputs: dict[str, Any]

    @classmethod
    def of(cls, checkout: Checkout) -> "Deployment":
        """Return what a test needs of a deployed checkout."""
        return cls(checkout, checkout.clients(), checkout.outputs())

    @property
    def states(self) -> Any:
        """The client of Step Functions."""
        return self.clients("stepfunctions")

    def api(self) -> Api:
        """Return the API with a fresh token."""
        token = self.checkout.invoke("token").output.strip()
        return Api(self.outputs["edge.api_url"], token)

    def machine(self, purpose: str) -> str:
        """Return the ARN of a workflow."""
        return str(self.outputs[f"migration.{purpose}_state_machine_arn"])

    def start(self, purpose: str, **given: Any) -> str:
        """Start a workflow and return the execution."""
        started = self.states.start_execution(
            stateMachineArn=self.machine(purpose), input=json.dumps(given)
        )
        return str(started["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """Wait for an execution's end and return its description."""

        def described() -> Any:
            found = self.states.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        found: dict[str, Any] = eventually(described)
        return found

    def run(self, purpose: str, **given: Any) -> dict[str, Any]:
        """Run a workflow to its end."""
        return self.ended(self.start(purpose, **given))

    def approval_token(self, execution: str) -> str:
        """Wait until an execution asks for an approval, and return the token it waits for."""

        def asked() -> str | None:
            history = self.states.get_execution_history(
                executionArn=execution, reverseOrder=True, includeExecutionData=True
            )
            for event in history["events"]:
                parameters = event.get("taskScheduledEventDetails", {}).get("parameters", "")
                if "task_token" in parameters:
                    entries = json.loads(parameters)["Entries"]
                    detail = entries[0]["Detail"]
                    return str(
                        (json.loads(detail) if isinstance(detail, str) else detail)["task_token"]
                    )
            return None

        token: str = eventually(asked)
        return token

    def visited(self, execution: str) -> list[str]:
        """Return the states that an execution entered, in their order."""
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]

    def errors(self, execution: str) -> list[str]:
        """Return the names of the errors that the tasks of an execution have failed with."""
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [
            event["taskFailedEventDetails"]["error"]
            for page in pages
            for event in page["events"]
            if "error" in event.get("taskFailedEventDetails", {})
        ]

    def parameter(self, name: str) -> str:
        """Return a parameter's value, by its name below the environment."""
        found = self.clients("ssm").get_parameter(Name=f"/payments/local/{name}")
        return str(found["Parameter"]["Value"])

    def set_parameter(self, name: str, value: str) -> None:
        """Change a parameter."""
        self.clients("ssm").put_parameter(
            Name=f"/payments/local/{name}", Value=value, Overwrite=True
        )

    def route(self) -> dict[str, Any]:
        """Return the route."""
        found: dict[str, Any] = json.loads(self.parameter("database/route"))
        return found

    def task_statuses(self) -> set[str]:
        """Return the statuses of both replication tasks."""
        found = self.clients("dms").describe_replication_tasks()["ReplicationTasks"]
        assert len(found) == 2
        return {task["Status"] for task in found}

    def document(self, bucket: str, key: str) -> dict[str, Any]:
        """Return a JSON object of one of the layer's buckets."""
        name = self.outputs[f"migration.{bucket}_bucket"]
        found: dict[str, Any] = json.load(
            self.clients("s3").get_object(Bucket=name, Key=key)["Body"]
        )
        return found

    def settings(self, side: str) -> ConnectionSettings:
        """Return how to connect to a side as its master user, who may do what the owner may."""
        secrets = self.clients("secretsmanager")

        def read(arn: str) -> dict[str, str]:
            text = secrets.get_secret_value(SecretId=arn)["SecretString"]
            content: dict[str, str] = json.loads(text)
            return content

        authority = self.checkout.folder / f"authority-{uuid.uuid4().hex}.pem"
        authority.write_text(read(self.outputs["data.certificate_authority_secret_arn"])["pem"])
        login = read(self.outputs[f"data.{side}_secret_arn"])
        return ConnectionSettings(
            host=self.outputs[f"data.{side}_endpoint"],
            port=self.outputs[f"data.{side}_port"],
            dbname=self.outputs["data.database_name"],
            user=login["username"],
            password=login["password"],
            sslrootcert=Path(authority),
        )

    @contextlib.contextmanager
    def connected(self, side: str) -> Iterator[psycopg.Connection[Any]]:
        """Connect to a side as its master user."""
        with self.settings(side).connect(autocommit=True) as connection:
            yield connection

    def contents(self, side: str) -> dict[str, list[Any]]:
        """Return every row of every table of a side, sorted, as text."""
        query = sql.SQL("SELECT t::text FROM payments.{} AS t ORDER BY 1")
        with self.connected(side) as connection:
            return {
                table: connection.execute(query.format(sql.Identifier(table))).fetchall()
                for table in TABLES
            }

    def settle_equal(self) -> dict[str, list[Any]]:
        """Wait until both sides have the same rows, with no writers left; return them."""

        def equal() -> Any:
            source, target = (self.contents(side) for side in SIDES)
            return source if source == target else None

        found: dict[str, list[Any]] = eventually(equal)
        return found

    def next_numbers(self, side: str) -> dict[str, int]:
        """Return the number that every sequence would give next."""
        with self.connected(side) as connection:
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT relname FROM pg_class WHERE relkind = 'S'"
                    " AND relnamespace = 'payments'::regnamespace"
                )
            ]
            query = sql.SQL("SELECT last_value + is_called::int FROM payments.{}")
            return {
                name: connection.execute(query.format(sql.Identifier(name))).fetchall()[0][0]
                for name in names
            }

    def admits(self, side: str) -> bool:
        """Tell whether the application's role may write on a side."""
        with self.connected(side) as connection:
            row = connection.execute(
                "SELECT has_table_privilege('payments_writer', 'payments.payments', 'INSERT')"
            ).fetchone()
        assert row is not None
        return bool(row[0])

    def prepared(self) -> bool:
        """Tell whether a migration has ever prepared the target."""
        with self.connected("target") as connection:
            found = connection.execute("SELECT to_regclass('aurora_migration.side') IS NOT NULL")
            return bool(found.fetchall()[0][0])

    def admitting(self) -> list[str]:
        """Return the sides on which the application may write: one, once they are prepared."""
        return [side for side in SIDES if self.admits(side)]


@dataclass
class Clients:
    """Clients that make payments through the API and read them back, and rest in between."""

    api: Api
    count: int = 3
    pause_seconds: float = 0.0
    acknowledged: list[str] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)

    @contextlib.contextmanager
    def busy(self) -> Iterator["Clients"]:
        """Let the clients work; wait at the end until each has its last answer."""
        stop = threading.Event()
        with ThreadPoolExecutor(self.count) as pool:
            works = [pool.submit(self._work, stop) for _ in range(self.count)]
            try:
                yield self
            finally:
                stop.set()
            for work in works:
                work.result()

    def _work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            paid = self.api.pay()
            if paid.status != 201:
                self.refused.append(paid)
                continue
            self.acknowledged.append(paid.body["id"])
            read = self.api.call("GET", f"/payments/{paid.body['id']}")
            if read.status != 200 or read.body != paid.body:
                self.refused.append(read)
            stop.wait(self.pause_seconds)
