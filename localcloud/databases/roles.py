"""Roles of a new cluster, after those that Amazon RDS makes.

Source: "Understanding the rds_superuser role" in the Amazon Aurora user guide. The master user is
no superuser: it has what PostgreSQL lets a role have short of that. Two differences remain, for
Amazon changed the server where PostgreSQL has no privilege to give:

* Aurora lets members of ``rds_replication`` open replication connections; PostgreSQL looks only
  at the REPLICATION attribute, so the master user has the attribute as well.
* Aurora hides ``pg_authid`` from everybody; here ``pg_read_all_data`` opens it to the master user.
"""

import psycopg
from psycopg import sql

from localcloud.databases.errors import DatabaseServerError
from localcloud.databases.parameters import ADMINISTRATOR

DEFAULT_DATABASE = "postgres"
TEMPLATE_DATABASE = "template1"

_PREDEFINED_ROLES = (
    "pg_checkpoint",
    "pg_create_subscription",
    "pg_maintain",
    "pg_monitor",
    "pg_read_all_data",
    "pg_signal_backend",
    "pg_use_reserved_connections",
    "pg_write_all_data",
)
_REPLICATION_FUNCTIONS = (
    "pg_replication_origin_advance(text, pg_lsn)",
    "pg_replication_origin_create(text)",
    "pg_replication_origin_drop(text)",
    "pg_replication_origin_oid(text)",
    "pg_replication_origin_progress(text, boolean)",
    "pg_replication_origin_session_is_setup()",
    "pg_replication_origin_session_progress(boolean)",
    "pg_replication_origin_session_reset()",
    "pg_replication_origin_session_setup(text)",
    "pg_replication_origin_xact_reset()",
    "pg_replication_origin_xact_setup(pg_lsn, timestamptz)",
    "pg_show_replication_origin_status()",
)


def create_service_roles(connection: psycopg.Connection) -> None:
    """Create ``rds_superuser`` and ``rds_replication`` with what PostgreSQL can grant them."""
    connection.execute("CREATE ROLE rds_superuser NOLOGIN")
    connection.execute("CREATE ROLE rds_replication NOLOGIN REPLICATION")
    granted = ", ".join((*_PREDEFINED_ROLES, "rds_replication"))
    _run(connection, f"GRANT {granted} TO rds_superuser WITH ADMIN OPTION")
    connection.execute("GRANT SET ON PARAMETER session_replication_role TO rds_superuser")


def allow_replication_origins(connection: psycopg.Connection) -> None:
    """Let ``rds_superuser`` use replication origins in this database and those copied from it."""
    functions = ", ".join(_REPLICATION_FUNCTIONS)
    _run(connection, f"GRANT EXECUTE ON FUNCTION {functions} TO rds_superuser")


def create_master(connection: psycopg.Connection, username: str, password: str) -> None:
    """Create the master user. Raises DatabaseServerError for the administrator's own name."""
    if username == ADMINISTRATOR:
        raise DatabaseServerError(f"{ADMINISTRATOR} is reserved and cannot be the master user")
    role = sql.Identifier(username)
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE REPLICATION").format(role))
    connection.execute(sql.SQL("GRANT rds_superuser TO {} WITH ADMIN OPTION").format(role))
    set_password(connection, username, password)


def set_password(connection: psycopg.Connection, username: str, password: str) -> None:
    """Set a role's password; only the SCRAM verifier leaves this process, so no log has it."""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), username.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(username), verifier)
    )


def create_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    """Create a database that belongs to ``owner``; the one that is always there changes hands."""
    statement = "ALTER DATABASE {} OWNER TO {}"
    if name != DEFAULT_DATABASE:
        statement = "CREATE DATABASE {} OWNER {}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(owner)))


def _run(connection: psycopg.Connection, statement: str) -> None:
    """Execute a statement put together from this module's own constants."""
    connection.execute(statement.encode())
