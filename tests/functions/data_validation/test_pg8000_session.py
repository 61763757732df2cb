"""Both drivers' sessions behave alike: the same tests run over pg8000 and over psycopg."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from functions.data_validation import pg8000_session
from functions.data_validation.errors import UnusableInputError
from functions.data_validation.session_start import ReconnectingSession, require_version
from functions.data_validation.sessions import SETTINGS, Session
from functions.runtime.connections import Server
from functions.runtime.errors import (
    ContendedError,
    DatabaseError,
    LoginFailedError,
    SideFencedError,
    SideUnavailableError,
)
from localcloud.databases import CertificateAuthority
from tests.functions.support import DATABASE, MASTER, Clusters
from validation import psycopg_session

pytestmark = pytest.mark.postgres
TIMEOUT = 5.0


def url(clusters: Clusters, side: str = "source") -> str:
    settings = clusters.settings(side)
    return (
        f"postgresql://{settings.user}:{settings.password}@{settings.host}:{settings.port}"
        f"/{settings.dbname}?sslmode=verify-full&sslrootcert={settings.sslrootcert}"
    )


def open_pg8000(clusters: Clusters, side: str, timeout: float) -> Session:
    endpoint = clusters.source if side == "source" else clusters.target
    server = Server(endpoint.host, endpoint.port, DATABASE)
    return pg8000_session.connect(server, MASTER, clusters.authority.pem, statement_timeout=timeout)


def open_psycopg(clusters: Clusters, side: str, timeout: float) -> Session:
    return psycopg_session.connect(url(clusters, side), statement_timeout=timeout)


Opener = Callable[[Clusters, str, float], Session]


@pytest.fixture(params=[open_pg8000, open_psycopg], ids=["pg8000", "psycopg"])
def opener(request: pytest.FixtureRequest) -> Opener:
    chosen: Opener = request.param
    return chosen


@pytest.fixture(params=["source", "target"])
def session(
    request: pytest.FixtureRequest, clusters: Clusters, opener: Opener
) -> Iterator[Session]:
    opened = opener(clusters, request.param, TIMEOUT)
    yield opened
    opened.close()


def backend(session: Session) -> int:
    return int(session.run("SELECT pg_backend_pid()")[0][0])


def test_every_setting_is_made(session: Session) -> None:
    made = dict(
        session.run(
            "SELECT name, current_setting(name) FROM unnest($1::text[]) AS asked (name)",
            [list(SETTINGS)],
        )
    )

    assert made.pop("idle_in_transaction_session_timeout") == "1min"
    assert made == {k: v for k, v in SETTINGS.items() if not k.startswith("idle_in")}


def test_the_session_is_encrypted_and_named(session: Session) -> None:
    assert session.run(
        "SELECT ssl, current_setting('application_name'), current_setting('statement_timeout')"
        " FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    ) == [(True, "data-validation", "5s")]


@pytest.mark.parametrize(
    "text",
    ["", "plain", "it's", 'a "quote"', "back\\slash", "{brace,comma}", "NULL", "ä€😀", " \n\t "],
)
def test_text_goes_there_and_back_alone_and_in_a_list(session: Session, text: str) -> None:
    assert session.run("SELECT $1::text, $2::text[]", [text, [text, "x", text]]) == [
        (text, [text, "x", text])
    ]


def test_parameters_may_be_null_numbers_and_repeated(session: Session) -> None:
    assert session.run(
        "SELECT $1::text, $2::bigint, $2::bigint + 1, $3::text[], $4::int", [None, 2**40, [], -1]
    ) == [(None, 2**40, 2**40 + 1, [], -1)]


def test_a_statement_without_parameters_may_have_signs_that_drivers_take_for_some(
    session: Session,
) -> None:
    assert session.run("SELECT '100 %s :name $1', 5 % 3") == [("100 %s :name $1", 2)]


def test_exact_sums_and_hashes_come_back_as_numbers(session: Session) -> None:
    rows = session.run(
        "SELECT sum(x), count(*), true, NULL FROM unnest($1::bigint[]) AS t (x)",
        [[str(2**63 - 1), str(2**63 - 1)]],
    )

    assert rows == [(Decimal(2 * (2**63 - 1)), 2, True, None)]


def test_a_statement_without_result_has_no_rows(session: Session) -> None:
    assert session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") == []
    assert session.run("SHOW transaction_isolation") == [("repeatable read",)]
    assert session.run("COMMIT") == []


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'infinity'::timestamptz", "infinity"),
        ("'2024-02-29 12:00+02'::timestamptz", "2024-02-29 10:00:00+00"),
        ("'0044-03-15 BC'::date", "0044-03-15 BC"),
        ("'1 mon 30 days'::interval", "1 mon 30 days"),
        ("'{\"a\":  1}'::json", '{"a":  1}'),
        ("'{\"a\":  1}'::jsonb", '{"a": 1}'),
        ("'10.0.0.1/8'::inet", "10.0.0.1/8"),
        ("'[1,3)'::int4range", "[1,3)"),
        ("'24:00'::time", "24:00:00"),
        ("ROW(1, 'a,b', NULL)", '(1,"a,b",)'),
        ("'00000000-0000-0000-0000-000000000001'::uuid", "00000000-0000-0000-0000-000000000001"),
        ("'0/16B3748'::pg_lsn", "0/16B3748"),
        ("ARRAY['2024-02-29'::date]", "{2024-02-29}"),
    ],
)
def test_other_types_come_back_as_the_servers_own_text(
    session: Session, expression: str, text: str
) -> None:
    assert session.run(f"SELECT {expression}") == [(text,)]


def test_a_session_writes_nothing(session: Session) -> None:
    with pytest.raises(SideFencedError) as caught:
        session.run("CREATE TABLE payments.forbidden (id bigint)")

    assert caught.value.sqlstate == "25006"


def test_an_error_names_objects_and_keeps_values_to_itself(session: Session) -> None:
    with pytest.raises(DatabaseError) as caught:
        session.run("SELECT $1::text::int", ["4000-1234-secret"])

    assert caught.value.sqlstate == "22P02"
    assert "secret" not in str(caught.value)
    assert session.run("SELECT 1") == [(1,)]


def test_the_server_ends_a_statement_in_time(clusters: Clusters, opener: Opener) -> None:
    opened = opener(clusters, "source", 0.2)
    try:
        with pytest.raises(ContendedError) as caught:
            opened.run("SELECT pg_sleep($1::float8)", ["30"])
        assert caught.value.sqlstate == "57014"
        assert opened.run("SELECT 1") == [(1,)]
    finally:
        opened.close()


def test_a_lost_connection_is_told_and_made_anew_with_its_settings(
    session: Session, clusters: Clusters
) -> None:
    first = backend(session)
    for side in ("source", "target"):
        clusters.query(side, "SELECT pg_terminate_backend(%s, 5000)", first)

    with pytest.raises(SideUnavailableError):
        session.run("SELECT $1::int", [1])

    assert backend(session) != first
    assert session.run("SHOW DateStyle") == [("ISO, YMD",)]


def test_a_closed_session_can_be_closed_again(session: Session) -> None:
    session.close()
    session.close()


def test_a_wrong_password_is_refused_and_not_repeated(clusters: Clusters) -> None:
    server = Server(clusters.source.host, clusters.source.port, DATABASE)
    with pytest.raises(LoginFailedError):
        pg8000_session.connect(server, {**MASTER, "password": "x"}, clusters.authority.pem)


def test_a_stranger_for_a_server_is_told(clusters: Clusters) -> None:
    stranger = CertificateAuthority.create(clusters.authority_file.parent / "strangers")
    server = Server(clusters.source.host, clusters.source.port, DATABASE)
    for bundle in (stranger.pem, None):
        with pytest.raises(SideUnavailableError, match="localhost is not trusted"):
            pg8000_session.connect(server, MASTER, bundle)


def test_nobody_listening_is_unavailable(clusters: Clusters) -> None:
    with pytest.raises(SideUnavailableError):
        pg8000_session.connect(
            Server(clusters.source.host, 1, DATABASE), MASTER, clusters.authority.pem
        )


def test_a_server_below_the_lowest_version_is_unusable() -> None:
    require_version(120_000)
    with pytest.raises(UnusableInputError, match=r"PostgreSQL 11\.22; 12 or later"):
        require_version(110_022)


def test_a_connection_that_cannot_be_set_up_is_closed() -> None:
    class Old:
        closed = False

        def execute(self, statement: str, parameters: object) -> list[tuple[str]]:
            return [("90624",)]

        def close(self) -> None:
            self.closed = True

    connection = Old()
    with pytest.raises(UnusableInputError):
        ReconnectingSession(lambda: connection, TIMEOUT)

    assert connection.closed
