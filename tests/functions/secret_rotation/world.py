"""Logins of their own on two real clusters, and the part of Secrets Manager in a rotation."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import boto3
import psycopg
from moto.secretsmanager.models import secretsmanager_backends
from psycopg import sql

from functions.runtime.settings import load
from functions.secret_rotation.request import Request, Step
from functions.secret_rotation.settings import Settings
from functions.secret_rotation.wiring import rotation
from tests.functions.support import REGION, Clusters, create_secret

ACCOUNT_ID = "123456789012"
SIDES = ("source", "target")
WRITER = "payments_writer"
OWNER = "payments_owner"
STEPS = tuple(Step)


@dataclass(frozen=True)
class World:
    """Three secrets, and the logins that they are for: `master`, `application` and its clone."""

    clusters: Clusters
    settings: Settings
    master: str
    application: str

    @property
    def clone(self) -> str:
        return f"{self.application}_clone"

    def begin(self, arn: str) -> str:
        """Do what Secrets Manager does before the first step; return the new version's id."""
        token = str(uuid4())
        secret: Any = secretsmanager_backends[ACCOUNT_ID][REGION].describe_secret(arn)
        secret.rotation_requested = secret.rotation_enabled = True
        secret.versions[token] = {
            "createdate": 0,
            "version_id": token,
            "version_stages": ["AWSPENDING"],
        }
        return token

    def take(self, arn: str, token: str, *steps: Step, **settings: Any) -> None:
        """Take steps of a rotation, with some of the function's settings replaced."""
        for step in steps:
            rotation(replace(self.settings, **settings), Request(step, arn, token)).take(step)

    def rotate(self, arn: str) -> None:
        """Rotate a secret from beginning to end."""
        self.take(arn, self.begin(arn), *STEPS)

    def value(self, arn: str, label: str = "AWSCURRENT") -> dict[str, str]:
        response = boto3.client("secretsmanager").get_secret_value(SecretId=arn, VersionStage=label)
        content: dict[str, str] = json.loads(response["SecretString"])
        return content

    def labels(self, arn: str, token: str) -> set[str]:
        description = boto3.client("secretsmanager").describe_secret(SecretId=arn)
        return set(description["VersionIdsToStages"].get(token, ()))

    def accepts(self, side: str, login: Mapping[str, str]) -> bool:
        """Tell whether a side lets a login in."""
        try:
            self.connect(side, login).close()
        except psycopg.OperationalError as error:
            assert "password authentication failed" in str(error), error
            return False
        return True

    def connect(self, side: str, login: Mapping[str, str]) -> psycopg.Connection[Any]:
        settings = replace(
            self.clusters.settings(side), user=login["username"], password=login["password"]
        )
        return settings.connect(autocommit=True)

    def execute(self, side: str, statement: str, *names: str) -> None:
        """Run a statement as the cluster's own master, with role names put in for `{}`."""
        with self.clusters.owner(side) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def roles(self, side: str) -> set[str]:
        """Return which of this world's roles a side has."""
        rows = self.clusters.query(
            side,
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)",
            [self.master, self.application, self.clone],
        )
        return {row[0] for row in rows}


@contextmanager
def world(clusters: Clusters, variables: Mapping[str, str]) -> Iterator[World]:
    """Make the roles on both sides and the secrets; drop the roles at the end."""
    suffix = uuid4().hex[:12]
    logins = {name: f"{name}_{suffix}" for name in ("master", "application")}
    secrets = {
        "SOURCE_SECRET_ARN": {"username": logins["master"], "password": f"source-{suffix}"},
        "TARGET_SECRET_ARN": {"username": logins["master"], "password": f"target-{suffix}"},
        "APPLICATION_SECRET_ARN": {
            "username": logins["application"],
            "password": f"application-{suffix}",
            "engine": "postgres",
        },
    }
    arns = {variable: create_secret(content) for variable, content in secrets.items()}
    parameters = {"WORKFLOW_PARAMETER_PATH": f"/payments/{suffix}/workflow"}
    made = World(clusters, load(Settings, {**variables, **arns, **parameters}), *logins.values())
    try:
        for side in SIDES:
            _create_roles(made, side, secrets)
        yield made
    finally:
        for side in SIDES:
            for role in (made.clone, made.application, made.master):
                made.execute(side, "DROP ROLE IF EXISTS {}", role)


def _create_roles(world: World, side: str, secrets: Mapping[str, Mapping[str, str]]) -> None:
    login = "CREATE ROLE {} LOGIN PASSWORD '%s'"
    master = secrets[f"{side.upper()}_SECRET_ARN"]["password"]
    application = secrets["APPLICATION_SECRET_ARN"]["password"]
    world.execute(side, f"{login % master} CREATEROLE", world.master)
    world.execute(side, login % application, world.application)
    world.execute(side, "GRANT {} TO {}", WRITER, world.application)
    world.execute(side, "GRANT {} TO {} WITH ADMIN OPTION", WRITER, world.master)
    world.execute(side, "GRANT {} TO {} WITH ADMIN OPTION", world.application, world.master)
    world.execute(side, "GRANT {} TO {}", OWNER, world.master)
    # So that the cluster's own master may drop what this one makes.
    world.execute(side, "GRANT {} TO master WITH INHERIT TRUE", world.master)
