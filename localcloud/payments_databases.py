"""What the owner of the account does with the databases: their schema, and payments in one.

Loads a database driver, so `localcloud.control` imports it only when it is asked for one of these.
"""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.address import DatabaseAddress
from localcloud.databases import ConnectionSettings
from localcloud.errors import LaptopCloudError
from localcloud.record import CloudInfo
from localcloud.seed import SCHEMA, apply_schema
from localcloud.seed import seed_payments as generate_payments
from shared.existing_secrets import Secrets

SOURCE, TARGET = "source", "target"

_MASTERS = {SOURCE: Secrets.SOURCE_MASTER, TARGET: Secrets.TARGET_MASTER}
_DEPLOY = "deploy it first: invoke deploy-all"


def prepare(cloud: CloudInfo, side: str, host: str, port: int, database: str) -> None:
    """Apply the seed schema to a database; a second call changes nothing.

    `side` is `source` or `target`. The target stays without a row: a migration loads it. Raises
    LaptopCloudError when the secrets or the database cannot be reached, or refuse.
    """
    try:
        master, application, authority = _secrets(cloud, _MASTERS[side])
    except (BotoCoreError, ClientError, KeyError, ValueError) as error:
        raise LaptopCloudError(
            f"the {side} database's secrets cannot be read: {error}\n"
            "  start again: invoke local-stop, then invoke deploy-all"
        ) from error
    address = DatabaseAddress(
        host, port, database, master["username"], master["password"], authority["pem"]
    )
    with _connection_settings(address) as settings, _told_as_laptop_cloud_error(address):
        apply_schema(
            settings,
            application["username"],
            application["password"],
            house_accounts=side == SOURCE,
        )


def seed_payments(address: DatabaseAddress, count: int, notify: Callable[[int], None]) -> str:
    """Add `count` generated payments; return a sentence that says what was added, and how fast.

    `notify` hears how many have been added so far. Raises LaptopCloudError, with what to do, when
    the database cannot be reached or has no payments schema; ValueError for a negative count.
    """
    with _connection_settings(address) as settings, _told_as_laptop_cloud_error(address):
        summary = generate_payments(settings, count, notify)
    return (
        f"added {summary.payments:,} payments with {summary.ledger_entries:,} ledger entries "
        f"in {summary.seconds:.1f} s ({summary.payments_per_second:,.0f} payments/s)"
    )


def _secrets(cloud: CloudInfo, login: Secrets) -> list[dict[str, Any]]:
    """Return the contents of the master's, the application's and the authority's secret."""
    client = boto3.client(
        "secretsmanager",
        endpoint_url=cloud.endpoint_url,
        region_name=cloud.region,
        aws_access_key_id=cloud.access_key_id,
        aws_secret_access_key=cloud.secret_access_key,
        config=Config(proxies={}),  # the cloud is on this machine, whatever the environment says
    )
    wanted = (login, Secrets.APPLICATION, Secrets.CERTIFICATE_AUTHORITY)
    names = [secret.value.name(cloud.environment) for secret in wanted]
    return [json.loads(client.get_secret_value(SecretId=name)["SecretString"]) for name in names]


@contextlib.contextmanager
def _connection_settings(address: DatabaseAddress) -> Iterator[ConnectionSettings]:
    """Yield the settings; libpq reads the authority's certificate from a file."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Path(folder) / "certificate-authority.pem"
        authority.write_text(address.certificate_authority, encoding="utf-8")
        yield ConnectionSettings(
            host=address.host,
            port=address.port,
            dbname=address.database,
            user=address.username,
            password=address.password,
            sslrootcert=authority,
        )


@contextlib.contextmanager
def _told_as_laptop_cloud_error(address: DatabaseAddress) -> Iterator[None]:
    where = f"the database {address.database} at {address.host}:{address.port}"
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise LaptopCloudError(f"{where} has no schema {SCHEMA}\n  {_DEPLOY}") from error
    except psycopg.OperationalError as error:
        raise LaptopCloudError(f"{where} cannot be reached: {error}\n  {_DEPLOY}") from error
    except psycopg.Error as error:
        raise LaptopCloudError(f"{where} refuses: {error}") from error
