"""Two databases that replicate to each other, with the payments schema, and a route to one."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import uuid4

import boto3
import psycopg
from botocore.config import Config
from psycopg import sql

from functions.cutover.moving import Bounds
from functions.cutover.run import Actions, Surroundings
from functions.cutover.session import Pg8000Session, Session
from functions.cutover.sides import Connect
from functions.cutover.thresholds import Thresholds
from functions.runtime.connections import Server
from functions.runtime.route import Route, Side
from localcloud.databases import ConnectionSettings
from localcloud.seed import apply_schema
from tests.functions.support import APPLICATION, MASTER, REGION, Clusters

SCHEMA = "payments"
QUICK = Bounds(lock=2.0, settle=2.0, route=1.0)
USUAL = {
    **asdict(Thresholds()),
    "cutover_deadline_seconds": 20.0,
    "fence_lock_timeout_milliseconds": 2000,
}
"""Thresholds of a pair's cutovers: on a busy machine writers take their time to let go."""
OWNER_LOCK = "SELECT pg_advisory_lock(7215002)"


def parameter_store(endpoint: str) -> Any:
    """Return a client of SSM at a local endpoint."""
    return boto3.client(
        "ssm",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@dataclass
class Pair:
    """A database of one name on both clusters, and what the cutover function has of them."""

    clusters: Clusters
    name: str
    parameters: Any
    environment: str = field(default_factory=lambda: uuid4().hex)
    _masters: dict[Side, psycopg.Connection[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def route_name(self) -> str:
        return f"/payments/{self.environment}/database/route"

    @property
    def workflow_path(self) -> str:
        return f"/payments/{self.environment}/workflow"

    def settings(self, side: Side) -> ConnectionSettings:
        return replace(self.clusters.settings(side.value), dbname=self.name)

    def connect(self, side: Side) -> Session:
        """Connect as the function does."""
        settings = self.settings(side)
        server = Server(settings.host, settings.port, settings.dbname)
        return Pg8000Session(server, MASTER, self.clusters.authority.pem)

    def actions(self, connect: Connect | None = None, **surroundings: Any) -> Actions:
        """Return the function's actions, impatient ones."""
        bounds = surroundings.pop("bounds", QUICK)
        return Actions(
            replace(
                Surroundings(
                    environment=self.environment,
                    schema=SCHEMA,
                    connect=connect or self.connect,
                    parameters=self.parameters,
                    route_parameter_name=self.route_name,
                    workflow_parameter_path=self.workflow_path,
                ),
                **surroundings,
            ),
            bounds,
        )

    def cutover(self, to: Side, run: str = "test", **surroundings: Any) -> dict[str, Any]:
        """Cut over, with time enough; return the answer as JSON has it."""
        return self.actions(**surroundings).cutover(to, run, 60).document()

    def settle(self, run: str = "test", **surroundings: Any) -> dict[str, Any]:
        return self.actions(**surroundings).settle(run).document()

    def put(self, name: str, value: str) -> None:
        """Set a parameter."""
        self.parameters.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)

    @contextlib.contextmanager
    def limited(self, **thresholds: float) -> Iterator[None]:
        """Set parameters of the workflow for the duration of the body."""
        self.set_thresholds(thresholds)
        try:
            yield
        finally:
            self.set_thresholds({name: USUAL[name] for name in thresholds})

    def set_thresholds(self, thresholds: Mapping[str, float]) -> None:
        """Set parameters of the workflow."""
        for name, value in thresholds.items():
            self.put(f"{self.workflow_path}/{name}", str(value))

    @property
    def route(self) -> Route:
        response = self.parameters.get_parameter(Name=self.route_name)
        return Route.parse(response["Parameter"]["Value"])

    def set_route(self, active: Side, epoch: int) -> None:
        self.put(self.route_name, json.dumps({"active": active.value, "epoch": epoch}))

    @contextlib.contextmanager
    def master(self, side: Side) -> Iterator[psycopg.Connection[Any]]:
        """Connect as the master user."""
        with self.settings(side).connect(autocommit=True) as connection:
            yield connection

    @contextlib.contextmanager
    def application(
        self, side: Side, *, autocommit: bool = True
    ) -> Iterator[psycopg.Connection[Any]]:
        """Connect as the application."""
        settings = replace(
            self.settings(side), user=APPLICATION["username"], password=APPLICATION["password"]
        )
        with settings.connect(autocommit=autocommit) as connection:
            yield connection

    def query(self, side: Side, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement of the master user, on a connection that is kept."""
        with self._lock:
            if side not in self._masters:
                self._masters[side] = self.settings(side).connect(autocommit=True)
            connection = self._masters[side]
        try:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.execute("RESET ROLE")

    def close(self) -> None:
        """Close the connections that are kept."""
        for connection in self._masters.values():
            connection.close()

    def both(self, statement: str) -> None:
        """Run a statement on both sides as the master user."""
        for side in Side:
            self.query(side, statement)

    def admits(self, side: Side) -> tuple[bool, bool]:
        """Return whether the application can read, and write, on a side, by trying."""
        with self.application(side) as connection:
            return (
                _can(connection, "SELECT count(*) FROM payments.payments"),
                _can(connection, WRITE.format(uuid4())),
            )

    def rows(self) -> dict[str, tuple[str, int]]:
        """Return both sides' rows."""
        return {
            side.value: self.query(side, "SELECT state, token FROM aurora_migration.side")[0]
            for side in Side
        }

    # Replication

    def replicate(self, source: Side, *, copy: bool) -> None:
        """Let the other side follow this one; rows that came from there are not sent back.

        TRUNCATE is left out, as both engines leave it out.
        """
        target = Side.TARGET if source is Side.SOURCE else Side.SOURCE
        settings = self.settings(source)
        conninfo = psycopg.conninfo.make_conninfo(
            host=settings.host,
            port=settings.port,
            dbname=settings.dbname,
            user=settings.user,
            password=settings.password,
            sslmode="verify-full",
            sslrootcert=str(settings.sslrootcert),
        )
        stream = self.stream(source)
        tables = self.query(
            source,
            "SELECT relname FROM pg_class WHERE relnamespace = 'payments'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition",
        )
        with self.master(source) as publisher, self.master(target) as subscriber:
            publisher.execute(
                sql.SQL(
                    "CREATE PUBLICATION {} FOR TABLE {} WITH (publish_via_partition_root = true,"
                    " publish = 'insert, update, delete')"
                ).format(
                    sql.Identifier(stream),
                    sql.SQL(", ").join(sql.Identifier(SCHEMA, name) for (name,) in tables),
                )
            )
            subscriber.execute(
                sql.SQL(
                    "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (copy_data = {},"
                    " origin = none, run_as_owner = true)"
                ).format(
                    sql.Identifier(stream),
                    sql.Literal(conninfo),
                    sql.Identifier(stream),
                    sql.Literal(copy),
                )
            )
        eventually(
            lambda: (
                self.query(
                    target,
                    "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel"
                    " JOIN pg_subscription s ON s.oid = srsubid WHERE subname = %s",
                    stream,
                )
                == [(True,)]
            )
        )

    def stream(self, source: Side) -> str:
        return f"from_{source.value}_{self.name}"

    def set_stream(self, source: Side, state: str) -> None:
        """ENABLE or DISABLE the stream from a side."""
        target = Side.TARGET if source is Side.SOURCE else Side.SOURCE
        self.query(target, f"ALTER SUBSCRIPTION {self.stream(source)} {state}")

    @contextlib.contextmanager
    def stalling_stream(self, source: Side) -> Iterator[None]:
        """Let one more sentinel of a side pass to the other, and hold up the next one's commit."""
        target = Side.TARGET if source is Side.SOURCE else Side.SOURCE
        with self.master(target) as holder:
            holder.execute("SELECT pg_advisory_lock(20061231)")
            holder.execute(_STALL)
            try:
                yield
            finally:
                holder.execute("SELECT pg_advisory_unlock(20061231)")
                holder.execute("DROP TRIGGER stall ON payments.migration_sentinel")

    def drop_streams(self) -> None:
        for source in Side:
            target = Side.TARGET if source is Side.SOURCE else Side.SOURCE
            stream = self.stream(source)
            found = self.query(target, "SELECT 1 FROM pg_subscription WHERE subname = %s", stream)
            if found:
                self.query(target, f"ALTER SUBSCRIPTION {stream} DISABLE")
                self.query(target, f"ALTER SUBSCRIPTION {stream} SET (slot_name = NONE)")
                self.query(target, f"DROP SUBSCRIPTION {stream}")
        eventually(self._drop_slots)

    def _drop_slots(self) -> bool:
        """Drop the slots that nobody uses any more; tell whether none is left."""
        slots = "FROM pg_replication_slots WHERE database = current_database()"
        for side in Side:
            self.query(side, f"SELECT pg_drop_replication_slot(slot_name) {slots} AND NOT active")
        return not any(self.query(side, f"SELECT 1 {slots}") for side in Side)


_STALL = """
DO $do$ BEGIN EXECUTE format($format$
    CREATE OR REPLACE FUNCTION public.stall() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.value > %s THEN PERFORM pg_advisory_xact_lock(20061231); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER stall BEFORE UPDATE ON payments.migration_sentinel
        FOR EACH ROW EXECUTE FUNCTION public.stall();
    ALTER TABLE payments.migration_sentinel ENABLE REPLICA TRIGGER stall;
$format$, (SELECT value + 1 FROM payments.migration_sentinel WHERE id = 1)); END $do$
"""

WRITE = (
    "INSERT INTO payments.payments"
    " (id, idempotency_key, request_digest, amount, currency, reference, status)"
    " VALUES ('{0}', '{0}', '', 1, 'SGD', 'r', 'captured')"
)


def _can(connection: psycopg.Connection[Any], statement: str) -> bool:
    try:
        connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def eventually(happened: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.01)


@contextlib.contextmanager
def fresh_pair(clusters: Clusters, endpoint: str, statements: Sequence[str] = ()) -> Iterator[Pair]:
    """Create the databases with the payments schema, which `statements` change; drop them."""
    pair = Pair(clusters, f"cutover_{uuid4().hex[:12]}", parameter_store(endpoint))
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(pair.name))
    try:
        for side in Side:
            with clusters.owner(side.value) as owner:
                owner.execute(create)
            apply_schema(pair.settings(side), APPLICATION["username"], APPLICATION["password"])
            for statement in statements:
                pair.query(side, statement)
        pair.set_route(Side.SOURCE, 1)
        pair.set_thresholds(USUAL)
        yield pair
    finally:
        try:
            pair.drop_streams()
        finally:
            pair.close()
        for side in Side:
            clusters.drop_database(side, pair.name)


@contextlib.contextmanager
def replicating_pair(
    clusters: Clusters, endpoint: str, statements: Sequence[str] = ()
) -> Iterator[Pair]:
    """Create a pair as a migration has it before its cutover: prepared, streams both ways."""
    with fresh_pair(clusters, endpoint, statements) as pair:
        pair.query(Side.TARGET, "DELETE FROM payments.accounts")
        pair.actions().prepare("test")
        pair.replicate(Side.SOURCE, copy=True)
        pair.replicate(Side.TARGET, copy=False)
        yield pair
