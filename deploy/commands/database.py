"""`invoke psql source|target` and `invoke seed --payments N`."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.aws import client, required_output, running_cloud
from deploy.errors import UsageError
from deploy.layers import check_environment
from deploy.local import LocalEnvironment
from localcloud.control import DatabaseAddress
from shared.contracts import DataOutputs
from shared.existing_secrets import ExistingSecret, Secrets

SIDES = {"source": Secrets.SOURCE_MASTER, "target": Secrets.TARGET_MASTER}


def psql(side: str, command: str | None, environment: str) -> int:
    """Open psql on one cluster as its master user, or run one command; return psql's status.

    The server's certificate is verified. Raises UsageError for an unknown side.
    """
    if side not in SIDES:
        raise UsageError(f"unknown side: {side}\nvalid sides: {', '.join(SIDES)}")
    local = LocalEnvironment(check_environment(environment))
    address = database_address(local, side)
    binary, library_environment = local.cloud.psql()
    with tempfile.TemporaryDirectory() as folder:
        authority = Path(folder) / "certificate-authority.pem"
        authority.write_text(address.certificate_authority, encoding="utf-8")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        settings = {
            "PGHOST": address.host,
            "PGPORT": str(address.port),
            "PGDATABASE": address.database,
            "PGUSER": address.username,
            "PGPASSWORD": address.password,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(authority),
            "PGOPTIONS": "-c search_path=payments,public",
        }
        arguments = [str(binary), "--no-psqlrc", "--set=ON_ERROR_STOP=1"]
        if command is not None:
            arguments += ["--command", command]
        return _interactive(arguments, {**inherited, **library_environment, **settings})


def _interactive(arguments: list[str], environment: dict[str, str]) -> int:
    """Run a program that handles Ctrl-C itself, and return its status."""
    previous = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        return subprocess.run(arguments, env=environment, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, previous)


def seed(payments: str, environment: str) -> int:
    """Add generated payments to the source; return the exit status.

    Raises UsageError when `payments` is not a whole number above 0.
    """
    if not payments.isdecimal() or int(payments) < 1:
        raise UsageError(f"--payments {payments}: give a whole number of payments above 0")
    count = int(payments)
    local = LocalEnvironment(check_environment(environment))
    address = database_address(local, "source")
    columns = (TextColumn("payments"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stdout)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("payments", total=count)
        summary = local.cloud.seed_payments(
            address, count, lambda done: progress.update(bar, completed=done)
        )
    console.print(summary, highlight=False)
    return 0


def database_address(local: LocalEnvironment, side: str) -> DatabaseAddress:
    """Return how to reach one cluster as its master user."""
    cloud = running_cloud(local)
    secrets = client("secretsmanager", cloud)

    def secret(expected: ExistingSecret) -> dict[str, str]:
        value = secrets.get_secret_value(SecretId=expected.name(local.name))["SecretString"]
        loaded: dict[str, str] = json.loads(value)
        return loaded

    credentials = secret(SIDES[side].value)
    layer = DataOutputs.layer
    return DatabaseAddress(
        host=required_output(local, layer, f"{side}_endpoint"),
        port=int(required_output(local, layer, f"{side}_port")),
        database=required_output(local, layer, "database_name"),
        username=credentials["username"],
        password=credentials["password"],
        certificate_authority=secret(Secrets.CERTIFICATE_AUTHORITY.value)["pem"],
    )
