"""Creates the payments schema and its roles, as the database's owner would."""

from pathlib import Path

import psycopg
from psycopg import sql

from localcloud.databases.connection import ConnectionSettings

SCHEMA = "payments"
OWNER_ROLE = "payments_owner"
WRITER_ROLE = "payments_writer"
_SCHEMA_FILE = Path(__file__).with_name("schema.sql")
_HOUSE_ACCOUNTS_FILE = Path(__file__).with_name("house_accounts.sql")

# One at a time: two who find no schema would both create it. The number is this module's own.
_LOCK = "SELECT pg_advisory_xact_lock(7215001)"


def apply_schema(
    connection_info: ConnectionSettings,
    application_username: str,
    application_password: str,
    *,
    house_accounts: bool = True,
) -> bool:
    """Create the schema, its roles and the application's login; True when it was not there yet.

    With the house accounts, payments can be booked. A target gets them, like every other row, by
    replication.

    The connection's user needs CREATEROLE and CREATE on the database. Everything happens in one
    transaction, and nothing that exists is changed or dropped: roles belong to the whole cluster,
    and one that another database already uses keeps its password.
    """
    with connection_info.connect() as connection:
        connection.execute(_LOCK)
        if _exists(connection, "pg_namespace", "nspname", SCHEMA):
            return False
        for role in (OWNER_ROLE, WRITER_ROLE):
            _create_group(connection, role)
        _join(connection, OWNER_ROLE, connection_info.user)
        _create_login(connection, application_username, application_password)
        _join(connection, WRITER_ROLE, application_username)
        connection.execute(_SCHEMA_FILE.read_bytes())
        if house_accounts:
            connection.execute(_HOUSE_ACCOUNTS_FILE.read_bytes())
        return True


def _exists(connection: psycopg.Connection, catalog: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
        sql.Identifier("pg_catalog", catalog), sql.Identifier(column)
    )
    return connection.execute(query, (name,)).fetchone() is not None


def _create_group(connection: psycopg.Connection, role: str) -> None:
    if not _exists(connection, "pg_roles", "rolname", role):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def _create_login(connection: psycopg.Connection, role: str, password: str) -> None:
    if _exists(connection, "pg_roles", "rolname", role):
        return
    # Only the verifier leaves this process, so no server log can hold the password.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), verifier)
    )


def _join(connection: psycopg.Connection, group: str, member: str) -> None:
    connection.execute(
        sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member))
    )
