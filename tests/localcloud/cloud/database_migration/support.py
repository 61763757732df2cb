"""A pair of clusters behind the API, and a task between two of their databases."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from localcloud.databases import ConnectionSettings
from tests.localcloud.conftest import eventually

DATABASE = "payments"
MASTER = "payments_admin"
PASSWORD = "a-master's password"
SETTINGS: dict[str, Any] = {
    "FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"},
    "ErrorBehavior": {"ApplyErrorUpdatePolicy": "STOP_TASK"},
}


@dataclass(frozen=True)
class Clusters:
    """Where the source, the target and a source without logical replication listen."""

    ports: dict[str, int]
    certificate: Path

    def settings(self, side: str, database: str, user: str = MASTER) -> ConnectionSettings:
        return ConnectionSettings(
            "localhost", self.ports[side], database, user, PASSWORD, self.certificate
        )


@dataclass
class Pair:
    """One database on either cluster, connections to both, the clients, and a name of the test."""

    clusters: Clusters
    client: Callable[[str], Any]
    name: str
    database: str
    instance: str
    source: psycopg.Connection
    target: psycopg.Connection
    endpoints: dict[str, str] = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)

    @property
    def dms(self) -> Any:
        return self.client("dms")

    def execute(self, statement: str) -> None:
        """Run a statement on both sides."""
        for side in (self.source, self.target):
            side.execute(statement.encode())

    def endpoint(self, side: str, *, kind: str | None = None, **changes: Any) -> str:
        """Create an endpoint of a cluster; `kind` is its type when that is not its side."""
        kind = kind or ("target" if side == "target" else "source")
        made = self.dms.create_endpoint(
            **{
                "EndpointIdentifier": f"endpoint-{uuid4().hex[:12]}",
                "EndpointType": kind,
                "EngineName": "aurora-postgresql",
                "ServerName": "localhost",
                "Port": self.clusters.ports[side],
                "DatabaseName": self.database,
                "Username": MASTER,
                "Password": PASSWORD,
                "SslMode": "require",
                **changes,
            }
        )["Endpoint"]
        self.endpoints[made["EndpointArn"]] = side
        return str(made["EndpointArn"])

    def test(self, endpoint: str) -> Any:
        """Test a connection; return how that ended."""
        self.dms.test_connection(ReplicationInstanceArn=self.instance, EndpointArn=endpoint)

        def finished() -> Any:
            (found,) = self.dms.describe_connections(
                Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}]
            )["Connections"]
            return found if found["Status"] != "testing" else None

        return eventually(finished, 20)

    def create_task(
        self,
        source: str | None = None,
        target: str | None = None,
        *,
        settings: dict[str, Any] | None = None,
        kind: str = "full-load-and-cdc",
        mappings: str | None = None,
        **more: Any,
    ) -> str:
        """Create a task between tested endpoints."""
        source = source or self.endpoint("source")
        target = target or self.endpoint("target")
        for endpoint in (source, target):
            if self.test(endpoint)["Status"] != "successful":
                raise AssertionError(f"{self.test(endpoint)}")
        made = self.dms.create_replication_task(
            ReplicationTaskIdentifier=f"task-{uuid4().hex[:12]}",
            SourceEndpointArn=source,
            TargetEndpointArn=target,
            ReplicationInstanceArn=self.instance,
            MigrationType=kind,
            TableMappings=mappings or selecting("%"),
            ReplicationTaskSettings=json.dumps(SETTINGS if settings is None else settings),
            **more,
        )["ReplicationTask"]
        arn = str(made["ReplicationTaskArn"])
        self.tasks.append(arn)
        return arn

    def start(self, task: str, kind: str = "start-replication", **more: Any) -> None:
        """Ask for a start."""
        self.dms.start_replication_task(
            ReplicationTaskArn=task, StartReplicationTaskType=kind, **more
        )

    def run(self, task: str, kind: str = "start-replication", **more: Any) -> None:
        """Start a task and wait until it has loaded everything."""
        self.start(task, kind, **more)
        self.await_status(task, "running")
        self.await_loaded(task)

    def describe(self, task: str) -> Any:
        """Describe a task."""
        found = self.dms.describe_replication_tasks(
            Filters=[{"Name": "replication-task-arn", "Values": [task]}]
        )
        return found["ReplicationTasks"][0]

    def await_status(self, task: str, status: str) -> Any:
        """Wait for a status; a failure in its stead is told with its reason."""

        def reached() -> Any:
            described = self.describe(task)
            if described["Status"] == "failed" and status != "failed":
                raise AssertionError(described["LastFailureMessage"])
            return described if described["Status"] == status else None

        return eventually(reached, 30)

    def await_loaded(self, task: str) -> None:
        """Wait until every table is loaded."""

        def loaded() -> bool:
            tables = self.statistics(task).values()
            return bool(tables) and all(t["TableState"] == "Table completed" for t in tables)

        eventually(loaded, 90)

    def statistics(self, task: str) -> dict[str, Any]:
        """Return the statistics of each table by its name."""
        answer = self.dms.describe_table_statistics(ReplicationTaskArn=task)
        return {table["TableName"]: table for table in answer["TableStatistics"]}

    def stop(self, task: str) -> Any:
        """Stop a task and wait for it."""
        self.dms.stop_replication_task(ReplicationTaskArn=task)
        return self.await_status(task, "stopped")

    def delete(self, task: str) -> None:
        """Delete a task, stopped before if need be, and wait until it is gone."""
        if self.describe(task)["Status"] == "running":
            self.stop(task)
        self.dms.delete_replication_task(ReplicationTaskArn=task)
        self.dms.get_waiter("replication_task_deleted").wait(
            Filters=[{"Name": "replication-task-arn", "Values": [task]}],
            WaiterConfig={"Delay": 0.05, "MaxAttempts": 400},
        )
        self.tasks.remove(task)

    def same(self, query: str) -> bool:
        """Return whether both sides answer a query alike."""
        return self.answer("source", query) == self.answer("target", query)

    def answer(self, side: str, query: str) -> list[tuple[Any, ...]]:
        """Return one side's answer to a query."""
        connection = self.source if side == "source" else self.target
        return connection.execute(query.encode()).fetchall()

    def await_same(self, query: str) -> None:
        """Wait until both sides answer a query alike."""
        eventually(lambda: self.same(query), 20)


def selecting(*tables: str, schema: str = "public") -> str:
    """Return table mappings that include these tables."""
    return json.dumps(
        {
            "rules": [
                {
                    "rule-type": "selection",
                    "rule-id": str(number),
                    "rule-name": str(number),
                    "object-locator": {"schema-name": schema, "table-name": table},
                    "rule-action": "include",
                }
                for number, table in enumerate(tables, 1)
            ]
        }
    )
