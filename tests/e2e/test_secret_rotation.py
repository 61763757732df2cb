"""The application's secret is rotated on a deployed checkout while payments go on."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localcloud.databases import ConnectionSettings
from shared.existing_secrets import Secrets
from tests.e2e.api import Api
from tooling.checkout import Checkout

Clients = Callable[[str], Any]

APPLICATION = Secrets.APPLICATION.value.name("local")
SECONDS = 60.0


@pytest.fixture(scope="module")
def api(deployment: tuple[Checkout, object]) -> Api:
    checkout = deployment[0]
    token = checkout.invoke("token").output.strip()
    return Api(checkout.outputs()["edge.api_url"], token)


@contextmanager
def paying(api: Api) -> Iterator[list[int]]:
    """Make payments one after the other; yield the list that their statuses go to."""
    statuses: list[int] = []
    stopped = threading.Event()

    def pay() -> None:
        while not stopped.is_set():
            statuses.append(api.pay().status)

    client = threading.Thread(target=pay)
    client.start()
    try:
        yield statuses
    finally:
        stopped.set()
        client.join(timeout=SECONDS)


def until(check: Callable[[], bool], what: str) -> None:
    """Wait until `check` holds; fails with `what` when it does not in time."""
    deadline = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def more_payments(statuses: list[int]) -> None:
    """Wait until a payment that began after this call has ended."""
    before = len(statuses)
    until(lambda: len(statuses) > before + 1, "no payments are made any more")


def content(clients: Clients, secret: str) -> dict[str, str]:
    response = clients("secretsmanager").get_secret_value(SecretId=secret)
    loaded: dict[str, str] = json.loads(response["SecretString"])
    return loaded


def rotate(clients: Clients) -> dict[str, str]:
    """Rotate the application's secret as an operator would; return what it holds then."""
    secrets = clients("secretsmanager")
    token = secrets.rotate_secret(SecretId=APPLICATION)["VersionId"]

    def done() -> bool:
        versions = secrets.describe_secret(SecretId=APPLICATION)["VersionIdsToStages"]
        return bool(versions.get(token) == ["AWSCURRENT"])

    until(done, "the rotation does not end: see the log of function-secret-rotation-local")
    return content(clients, APPLICATION)


def accepts(checkout: Checkout, side: str, login: dict[str, str], authority: Path) -> bool:
    outputs = checkout.outputs()
    settings = ConnectionSettings(
        host=outputs[f"data.{side}_endpoint"],
        port=outputs[f"data.{side}_port"],
        dbname=outputs["data.database_name"],
        user=login["username"],
        password=login["password"],
        sslrootcert=authority,
    )
    try:
        settings.connect().close()
    except psycopg.OperationalError as error:
        assert "password authentication failed" in str(error), error
        return False
    return True


def test_payments_go_on_through_two_rotations_and_the_first_login_ends(
    deployed: Checkout, clients: Clients, api: Api, tmp_path: Path
) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text(content(clients, Secrets.CERTIFICATE_AUTHORITY.value.name("local"))["pem"])
    logins = [content(clients, APPLICATION)]
    with paying(api) as statuses:
        for _ in range(2):
            logins.append(rotate(clients))
            more_payments(statuses)

    assert set(statuses) == {201}
    assert logins[0]["username"] == logins[2]["username"] != logins[1]["username"]
    for side in ("source", "target"):
        assert [accepts(deployed, side, login, authority) for login in logins] == [
            False,
            True,
            True,
        ]


def test_the_secret_is_set_up_to_rotate_by_itself(clients: Clients, deployed: Checkout) -> None:
    described = clients("secretsmanager").describe_secret(SecretId=APPLICATION)

    assert described["RotationEnabled"] is True
    assert described["RotationLambdaARN"].endswith(":function:function-secret-rotation-local")
    assert described["RotationRules"] == {"AutomaticallyAfterDays": 30}
