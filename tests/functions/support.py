"""What tests of functions share: the two clusters, the route, secrets, and Lambda's context."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import psycopg
from aws_lambda_powertools.utilities.typing import LambdaContext
from psycopg import sql

from localcloud.databases import (
    CertificateAuthority,
    ConnectionSettings,
    DatabaseServers,
    Endpoint,
)
from localcloud.databases.parameters import ADMINISTRATOR

REGION = "ap-southeast-1"
DATABASE = "payments"
APPLICATION = {"username": "payments_app", "password": "an-application-password"}
MASTER = {"username": "master", "password": "a-master-password"}


@dataclass(frozen=True)
class Clusters:
    """A source and a target, both with the schema, as the functions and as their owner see them."""

    source: Endpoint
    target: Endpoint
    authority: CertificateAuthority
    authority_file: Path

    def owner(self, side: str) -> psycopg.Connection[Any]:
        """Connect to a side as its master user."""
        return self.settings(side).connect(autocommit=True)

    def settings(self, side: str) -> ConnectionSettings:
        endpoint = self.source if side == "source" else self.target
        return ConnectionSettings(
            host=endpoint.host,
            port=endpoint.port,
            dbname=DATABASE,
            user=MASTER["username"],
            password=MASTER["password"],
            sslrootcert=self.authority_file,
        )

    @contextlib.contextmanager
    def administrator(
        self, side: str, database: str = DATABASE, *, port: int | None = None
    ) -> Iterator[psycopg.Connection[Any]]:
        """Connect as a server's administrator, who has no password and comes over a Unix socket.

        `port` is that of another server than the side's writer.
        """
        note = self.authority_file.parent / "postgres" / "sockets"
        with psycopg.connect(
            host=note.read_text(encoding="utf-8"),
            port=port or self.settings(side).port,
            user=ADMINISTRATOR,
            dbname=database,
            autocommit=True,
        ) as connection:
            yield connection

    def drop_database(self, side: str, name: str) -> None:
        """Drop a database, if it is there, whoever still has a session in it.

        As the administrator: PostgreSQL refuses the owner's DROP DATABASE ... WITH (FORCE) while a
        superuser's session is there, and a session that its client has closed stays for as long
        as the server needs to end it.
        """
        with self.administrator(side) as administrator:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            administrator.execute(statement.format(sql.Identifier(name)))

    def query(self, side: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that the master user runs on a side."""
        with self.owner(side) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def running_clusters(
    folder: Path, parameters: Mapping[str, str]
) -> Iterator[tuple[Clusters, DatabaseServers]]:
    """Start a source and a target of different major versions; stop them in the end."""
    authority = CertificateAuthority.create(folder / "ca")
    authority_file = folder / "bundle.pem"
    authority_file.write_text(authority.pem)
    servers = DatabaseServers(folder / "postgres", authority)

    def start(side: str, version: str) -> Endpoint:
        return servers.create_cluster(
            side,
            engine_version=version,
            database_name=DATABASE,
            master_username=MASTER["username"],
            master_password=MASTER["password"],
            parameters=dict(parameters),
        )

    try:
        with ThreadPoolExecutor() as pool:
            source = pool.submit(start, "source", "16.6")
            target = pool.submit(start, "target", "17.4")
            endpoints = source.result(), target.result()
        yield Clusters(*endpoints, authority, authority_file), servers
    finally:
        servers.stop_all()


def aws_variables(endpoint: str) -> dict[str, str]:
    """Return the variables that a Lambda worker has of its account, with the local endpoint."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def move_route(name: str, active: str, epoch: int) -> None:
    """Set the route, as the workflows do."""
    boto3.client("ssm").put_parameter(
        Name=name,
        Value=json.dumps({"active": active, "epoch": epoch}),
        Type="String",
        Overwrite=True,
    )


def create_secret(content: dict[str, str]) -> str:
    """Create a secret and return its ARN."""
    response = boto3.client("secretsmanager").create_secret(
        Name=f"secret-{uuid4().hex}", SecretString=json.dumps(content)
    )
    return str(response["ARN"])


class Context(LambdaContext):
    """What Lambda hands to a handler beside the event, as far as Powertools reads it."""

    def __init__(self, remaining_milliseconds: int = 20_000) -> None:
        self._function_name = "function-payments-local"
        self._memory_limit_in_mb = 256
        self._invoked_function_arn = f"arn:aws:lambda:{REGION}:123456789012:function:payments"
        self._aws_request_id = "00000000-0000-4000-8000-000000000000"
        self._remaining_milliseconds = remaining_milliseconds

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # static there
        """Return the milliseconds until the invocation is ended."""
        return self._remaining_milliseconds
