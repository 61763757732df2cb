"""Roles: who could write past the fence, and what roles, memberships and settings are missing.

Roles belong to a whole cluster, so each test has its own and drops them.
"""

import contextlib
from collections.abc import Iterator
from uuid import uuid4

import pytest

from functions.preflight.model import Severity
from functions.runtime.route import Side
from tests.functions.preflight.support import Pair

pytestmark = pytest.mark.postgres


@contextlib.contextmanager
def roles(pair: Pair, *sides: Side, login: bool = True, number: int = 1) -> Iterator[list[str]]:
    """Create roles with names that have to be quoted."""
    names = [f'"R {uuid4().hex[:8]}"' for _ in range(number)]
    for side in sides:
        for name in names:
            pair.run(side, f"CREATE ROLE {name} {'LOGIN' if login else 'NOLOGIN'}")
    try:
        yield names
    finally:
        for side in Side:
            for name in names:
                exists = "SELECT FROM pg_roles WHERE quote_ident(rolname) = %s"
                if pair.connection(side).execute(exists, (name,)).fetchone() is not None:
                    pair.run(side, f"RESET ROLE; GRANT {name} TO CURRENT_USER")
                    pair.run(side, f"DROP OWNED BY {name}; DROP ROLE {name}")


def fix(pair: Pair, check: str, side: Side, *objects: str) -> None:
    """See that a check finds these objects, run its fixes, and see them gone."""
    found = pair.findings(check)
    assert [(each.side, each.object, each.severity) for each in found] == [
        (side, each, Severity.BLOCKING) for each in objects
    ]
    for each in found:
        assert each.fix is not None
        pair.run(side, each.fix)
    assert pair.findings(check) == ()


OWNED = "CREATE TABLE {s}.t (a int PRIMARY KEY); ALTER TABLE {s}.t OWNER TO payments_owner"


def test_a_login_that_is_a_member_of_the_owner_is_found(pair: Pair) -> None:
    pair.both(OWNED.format(s=pair.schema))
    with roles(pair, Side.SOURCE) as [role]:
        pair.run("source", f"GRANT payments_owner TO {role}")
        fix(pair, "acting-as-owner", Side.SOURCE, role)


def test_a_login_that_is_a_member_by_way_of_another_role_is_found(pair: Pair) -> None:
    pair.both(OWNED.format(s=pair.schema))
    with roles(pair, Side.TARGET, login=False) as [group], roles(pair, Side.TARGET) as [role]:
        pair.run("target", f"GRANT payments_owner TO {group}; GRANT {group} TO {role}")
        fix(pair, "acting-as-owner", Side.TARGET, role)
        member = "SELECT pg_has_role(%s, 'payments_owner', 'MEMBER')"
        rows = pair.connection(Side.TARGET).execute(member, (group.strip('"'),)).fetchall()
        assert rows == [(True,)]


def test_an_owner_that_can_log_in_is_found(pair: Pair) -> None:
    with roles(pair, Side.SOURCE) as [role]:
        pair.run("source", f"GRANT {role} TO CURRENT_USER")
        pair.run(
            "source", f"CREATE TABLE t (a int); GRANT CREATE ON SCHEMA {pair.schema} TO {role}"
        )
        pair.run("source", f"ALTER TABLE t OWNER TO {role}")
        fix(pair, "acting-as-owner", Side.SOURCE, role)
        pair.run("source", "DROP TABLE t")


def test_a_login_that_may_write_all_data_is_found(pair: Pair) -> None:
    pair.both("CREATE TABLE t (a int)")
    with roles(pair, Side.SOURCE) as [role]:
        pair.run("source", f"GRANT pg_write_all_data TO {role}")
        fix(pair, "acting-as-owner", Side.SOURCE, role)


def test_a_volatile_function_with_the_owners_rights_is_found(pair: Pair) -> None:
    pair.run(
        "source",
        "CREATE TABLE t (a int);"
        "CREATE FUNCTION \"W\"(a int, OUT b int) LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';"
        "CREATE FUNCTION r() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT 1';"
        "CREATE PROCEDURE p() LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    )
    named = (f'{pair.schema}."W"(a integer, OUT b integer)', f"{pair.schema}.p()")
    fix(pair, "security-definers", Side.SOURCE, *named)


def test_a_view_of_another_schema_that_others_write_through_is_found(pair: Pair) -> None:
    """Views of the schema itself are fenced like its tables."""
    other = f"other_{pair.schema}"
    pair.run("source", f"CREATE SCHEMA {other}; CREATE TABLE t (a int, b int)")
    pair.run("source", "CREATE VIEW inside AS SELECT a FROM t; GRANT INSERT ON inside TO PUBLIC")
    pair.run(
        "source",
        f"SET search_path = {other}, {pair.schema};"
        "CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW on_view AS SELECT a FROM inside;"
        "CREATE VIEW column_only AS SELECT a, b FROM t; CREATE VIEW read_only AS SELECT a FROM t;"
        "CREATE VIEW own WITH (security_invoker = true) AS SELECT a FROM t;"
        "GRANT INSERT ON v TO payments_writer, PUBLIC; GRANT SELECT ON read_only TO PUBLIC;"
        "GRANT UPDATE ON own TO PUBLIC; GRANT UPDATE (b) ON column_only TO payments_writer;"
        "GRANT DELETE ON on_view TO payments_writer",
    )
    try:
        named = [f"{other}.{name}" for name in ("column_only", "on_view", "v")]
        fix(pair, "writable-views", Side.SOURCE, *named)
    finally:
        pair.run("source", f"DROP SCHEMA {other} CASCADE")


def test_whoever_handed_privileges_on_is_found(pair: Pair) -> None:
    with roles(pair, Side.SOURCE, login=False) as [role]:
        pair.run(
            "source",
            f"CREATE TABLE t (a int); GRANT SELECT ON t TO {role} WITH GRANT OPTION;"
            f"GRANT USAGE ON SCHEMA {pair.schema} TO {role};"
            f"GRANT {role} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;"
            f"SET ROLE {role}; GRANT SELECT ON t TO payments_writer; RESET ROLE;"
            f"GRANT {role} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE",
        )
        fix(pair, "login-is-no-owner", Side.SOURCE, "master")
        pair.run("source", "DROP TABLE t")


def test_an_owner_that_the_migration_may_not_act_as_is_found(pair: Pair) -> None:
    with roles(pair, Side.TARGET, login=False) as [role]:
        pair.run("target", f"GRANT {role} TO CURRENT_USER; CREATE TABLE t (a int)")
        pair.run("target", f"GRANT CREATE ON SCHEMA {pair.schema} TO {role}")
        pair.run("target", f"ALTER TABLE t OWNER TO {role}; REVOKE {role} FROM CURRENT_USER")
        fix(pair, "login-is-no-owner", Side.TARGET, "master")
        pair.run("target", "DROP TABLE t")


def test_missing_roles_are_found_and_made(pair: Pair) -> None:
    with (
        roles(pair, Side.SOURCE, login=False) as [group],
        roles(pair, Side.SOURCE, number=2) as logins,
    ):
        pair.both("CREATE TABLE t (a int)")
        pair.run("source", f"GRANT SELECT (a) ON t TO {group}; GRANT {group} TO {logins[0]}")
        pair.run("source", f"GRANT USAGE ON SCHEMA {pair.schema} TO {logins[1]}")
        fix(pair, "missing-roles", Side.TARGET, *sorted([group, *logins]))
        can_log_in = "SELECT rolcanlogin FROM pg_roles WHERE quote_ident(rolname) = %s"
        for role, expected in ((group, False), (logins[0], True)):
            row = pair.connection(Side.TARGET).execute(can_log_in, (role,)).fetchone()
            assert row == (expected,)
        fix(pair, "missing-memberships", Side.TARGET, logins[0])


def test_a_role_that_cannot_log_in_any_more_is_found(pair: Pair) -> None:
    with roles(pair, *Side) as [role]:
        pair.run("source", f"CREATE TABLE t (a int); GRANT SELECT ON t TO {role}")
        pair.run("target", f"ALTER ROLE {role} NOLOGIN")
        fix(pair, "missing-roles", Side.TARGET, role)


def test_a_closed_target_misses_no_memberships(pair: Pair) -> None:
    """The cutover takes the target's privileges on tables away until it opens it."""
    with roles(pair, *Side, login=False) as [group], roles(pair, *Side) as [role]:
        pair.both(f"CREATE TABLE t (a int); GRANT {group} TO {role}")
        pair.run("source", f"GRANT SELECT ON t TO {group}")
        pair.both(f"ALTER ROLE {role} SET lock_timeout = '1s'")
        assert pair.findings("missing-memberships") == ()
        assert pair.findings("role-settings") == ()


def test_settings_of_roles_and_of_the_database_are_compared(own_pair: Pair) -> None:
    database = own_pair.databases.name
    with roles(own_pair, *Side) as [role]:
        own_pair.run("source", f"CREATE TABLE t (a int); GRANT SELECT ON t TO {role}")
        own_pair.run("source", f'ALTER ROLE {role} SET search_path = payments, "$user", "A b"')
        own_pair.run(
            "source", f"ALTER ROLE {role} IN DATABASE {database} SET DateStyle = 'SQL, DMY'"
        )
        own_pair.run("source", f"ALTER DATABASE {database} SET TimeZone = 'Asia/Singapore'")
        own_pair.run("target", f"ALTER ROLE {role} SET search_path = public")
        found = own_pair.findings("role-settings")
        assert {each.object for each in found} == {
            f"search_path of ROLE {role}",
            f'"DateStyle" of ROLE {role} IN DATABASE {database}',
            f'"TimeZone" of DATABASE {database}',
        }
        assert {each.severity for each in found} == {Severity.WARNING}
        for each in found:
            assert each.fix is not None
            own_pair.run("target", each.fix)
        assert own_pair.findings("role-settings") == ()
