"""Sessions verify their server, bound their statements, and come back after a loss."""

import json
from collections.abc import Iterator

import boto3
import pytest

from functions.payments.wiring import Settings, sessions
from functions.runtime.database import CHECK_AFTER_IDLE_SECONDS, Server, Session, SideSessions
from functions.runtime.errors import ContendedError, LoginFailedError, SideUnavailableError
from functions.runtime.route import Side
from functions.runtime.secrets import SecretReader
from functions.runtime.settings import load
from localcloud.databases import CertificateAuthority
from tests.functions.support import APPLICATION, DATABASE, Clusters

pytestmark = pytest.mark.postgres


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def warm(environment: dict[str, str], clock: Clock) -> Iterator[SideSessions]:
    settings = load(Settings, environment)
    opened = SideSessions(
        settings.servers(),
        SecretReader(boto3.client("secretsmanager")),
        login_secret=settings.application_secret_arn,
        authority_secret=settings.certificate_authority_secret_arn,
        application_name="a-test",
        clock=clock,
    )
    yield opened
    opened.close()


def server(clusters: Clusters, host: str | None = None) -> Server:
    return Server(host or clusters.source.host, clusters.source.port, DATABASE)


def backend(session: Session) -> int:
    return int(session.run("SELECT pg_backend_pid()")[0][0])


def test_a_session_is_encrypted_named_and_in_utc(warm: SideSessions) -> None:
    session = warm.session(Side.SOURCE)
    assert session.run(
        "SELECT ssl, version, current_setting('application_name'), current_setting('TimeZone')"
        " FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    ) == [[True, "TLSv1.3", "a-test", "UTC"]]


def test_the_sides_are_different_servers(warm: SideSessions) -> None:
    versions = [
        int(warm.session(side).run("SHOW server_version_num")[0][0]) // 10_000
        for side in (Side.SOURCE, Side.TARGET)
    ]
    assert versions == [17, 18]


def test_a_session_stays_warm(warm: SideSessions) -> None:
    assert backend(warm.session(Side.SOURCE)) == backend(warm.session(Side.SOURCE))


def test_a_session_that_died_while_idle_is_replaced_before_use(
    warm: SideSessions, clock: Clock, clusters: Clusters
) -> None:
    first = backend(warm.session(Side.SOURCE))
    clusters.query("source", "SELECT pg_terminate_backend(%s, 5000)", first)
    clock.now += CHECK_AFTER_IDLE_SECONDS
    assert backend(warm.session(Side.SOURCE)) != first


def test_a_session_that_idled_and_lives_is_kept(warm: SideSessions, clock: Clock) -> None:
    first = backend(warm.session(Side.SOURCE))
    clock.now += CHECK_AFTER_IDLE_SECONDS
    assert backend(warm.session(Side.SOURCE)) == first


def test_a_lost_session_says_so_and_is_closed(warm: SideSessions, clusters: Clusters) -> None:
    session = warm.session(Side.SOURCE)
    clusters.query("source", "SELECT pg_terminate_backend(%s, 5000)", backend(session))
    with pytest.raises(SideUnavailableError):
        session.run("SELECT 1")
    assert session.closed
    with pytest.raises(SideUnavailableError, match="closed"):
        session.run("SELECT 1")


def test_a_statement_is_ended_by_the_server_in_time(clusters: Clusters) -> None:
    session = Session(
        server(clusters),
        APPLICATION,
        clusters.authority.pem,
        application_name="a-test",
        statement_timeout=0.2,
    )
    try:
        with pytest.raises(ContendedError) as caught:
            session.run("SELECT pg_sleep(30)")
        assert caught.value.sqlstate == "57014"
        assert session.run("SELECT 1") == [[1]]
    finally:
        session.close()


def test_a_wrong_password_fails_the_login(clusters: Clusters) -> None:
    login = {**APPLICATION, "password": "wrong"}
    with pytest.raises(LoginFailedError) as caught:
        Session(server(clusters), login, clusters.authority.pem, application_name="a-test")
    assert caught.value.sqlstate == "28P01"


def test_nobody_listening_is_unavailable(clusters: Clusters) -> None:
    with pytest.raises(SideUnavailableError):
        Session(
            Server(clusters.source.host, 1, DATABASE),
            APPLICATION,
            clusters.authority.pem,
            application_name="a-test",
        )


def test_an_untrusted_certificate_is_unavailable_and_told(
    environment: dict[str, str], clusters: Clusters
) -> None:
    stranger = CertificateAuthority.create(clusters.authority_file.parent / "stranger")
    boto3.client("secretsmanager").put_secret_value(
        SecretId=environment["CERTIFICATE_AUTHORITY_SECRET_ARN"],
        SecretString=json.dumps({"pem": stranger.pem}),
    )
    opened = sessions(load(Settings, environment))
    with pytest.raises(SideUnavailableError, match="not trusted"):
        opened.session(Side.SOURCE)
