"""What libpq offers works, and no password is ever shown. The rest is tested for both drivers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from functions.data_validation.errors import UnusableInputError
from functions.runtime.errors import ContendedError, SideUnavailableError
from tests.functions.data_validation.support import Databases
from tests.functions.support import MASTER
from validation.connection_url import label, parse, redacted
from validation.psycopg_session import PsycopgSession, connect

pytestmark = pytest.mark.postgres


def one(session: PsycopgSession, expression: str) -> object:
    try:
        return session.run(f"SELECT {expression}")[0][0]
    finally:
        session.close()


@pytest.fixture
def plain(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> str:
    """A connection string without user and password; nothing in the environment but they."""
    settings = databases.settings("source")
    monkeypatch.setenv("PGUSER", settings.user)
    monkeypatch.setenv("PGPASSWORD", settings.password)
    monkeypatch.setenv("PGSSLROOTCERT", str(settings.sslrootcert))
    return f"host={settings.host} port={settings.port} dbname={settings.dbname}"


def test_key_words_and_the_environment_are_used(plain: str, databases: Databases) -> None:
    assert one(connect(f"{plain} sslmode=verify-full"), "current_database()") == databases.name


def test_a_password_file_and_a_service_are_used(
    plain: str, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = databases.settings("source")
    passwords, services = tmp_path / "passwords", tmp_path / "services"
    passwords.write_text(f"{settings.host}:{settings.port}:*:*:{settings.password}\n")
    passwords.chmod(0o600)
    services.write_text("[old]\n" + plain.replace(" ", "\n") + f"\nuser={settings.user}\n")
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.delenv("PGUSER")
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    monkeypatch.setenv("PGSERVICEFILE", str(services))

    assert one(connect("service=old"), "current_user") == MASTER["username"]


def test_a_users_options_and_application_name_are_kept(plain: str) -> None:
    given = f"{plain} application_name=mine options='-c work_mem=1234kB -c DateStyle=German'"

    assert one(connect(given), "current_setting('work_mem')") == "1234kB"
    assert one(connect(given), "current_setting('application_name')") == "mine"
    assert one(connect(given), "current_setting('DateStyle')") == "ISO, YMD"


def test_several_hosts_are_tried(databases: Databases) -> None:
    settings = databases.settings("target")
    given = (
        f"postgresql://{settings.user}:{settings.password}@{settings.host}:1,{settings.host}:"
        f"{settings.port}/{settings.dbname}?sslmode=require"
    )

    assert one(connect(given), "current_database()") == databases.name


def test_a_wrong_password_is_told_without_it(databases: Databases) -> None:
    url = databases.urls[0].replace(MASTER["password"], "s3cret-and-wrong")

    with pytest.raises(SideUnavailableError, match="password authentication failed") as caught:
        connect(url)

    assert "s3cret" not in str(caught.value)
    assert databases.name in str(caught.value)


def test_another_thread_can_end_what_runs(databases: Databases) -> None:
    session = connect(databases.urls[0])
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(session.run, "SELECT pg_sleep(60)")
        while not running.done():
            session.cancel()
        with pytest.raises(ContendedError):
            running.result()
    session.close()
    session.cancel()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3cret/part@host/database",
        "postgresql://user:s3c@ret@host/database",
        "postgresql://user:12/s3cret@host/database",
        "dbname=postgresql://user:s3cret@host/database",
        "postgresql://user:s3cret@host:port/database",
        "postgres//s3cret",
        "user=a password='s3cret",
        "s3cret",
        "  ",
    ],
)
def test_a_malformed_string_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(UnusableInputError, match="--source-url") as caught:
        parse(url, "--source-url")

    assert "s3c" not in str(caught.value)


def test_time_outs_are_added_where_the_user_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    assert parse("host=a", "x")["connect_timeout"] == "10"
    assert parse("host=a connect_timeout=3", "x")["connect_timeout"] == "3"
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "4")
    assert "connect_timeout" not in parse("host=a", "x")


def test_a_label_has_no_secret_and_messages_lose_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = parse("postgresql://user:s3cret@host:5433/database", "x")
    monkeypatch.setenv("PGPASSWORD", "other-s3cret")

    assert label(parameters) == "host:5433/database"
    assert label({"service": "old"}) == "service old"
    assert (
        redacted("no s3cret,\n\tno other-s3cret", {"password": "s3cret"}) == "no ***, no other-***"
    )


def test_the_version_of_psycopg_can_cancel_over_tls() -> None:
    assert psycopg.pq.version() >= 170_000
