"""Alternating users: two logins that take turns, so that the one in use is never changed.

Clients that still have the login which a rotation replaced go on with it until the next rotation
(AWS Secrets Manager User Guide, "Lambda rotation strategies: alternating users"). Both logins are
members of the same roles on both clusters and own nothing, so either may be dropped.
"""

import contextlib
from collections.abc import Callable, Iterator

from functions.runtime.database import Session
from functions.runtime.errors import DatabaseError, SideFencedError
from functions.runtime.route import Side
from functions.secret_rotation import privileges, role_catalog, role_statements
from functions.secret_rotation.access import Access
from functions.secret_rotation.credentials import (
    Credential,
    alternate_username,
    require_successor,
)
from functions.secret_rotation.errors import RotationRefusedError
from functions.secret_rotation.verifier import scram_verifier

# One at a time on a cluster: PostgreSQL refuses two changes of one role at once ("tuple
# concurrently updated"). The number is this module's own.
_LOCK = "SELECT pg_advisory_xact_lock(7215003)"


class ApplicationRotation:
    """Rotates the login that the payments function uses on both clusters."""

    def __init__(
        self,
        access: Access,
        master: Callable[[Side], Credential],
        active: Callable[[], Side],
        *,
        schema: str,
        writer_role: str,
    ) -> None:
        """Change logins as each side's master; `active` tells which side takes the traffic."""
        self._access = access
        self._master = master
        self._active = active
        self._schema = schema
        self._writer_role = writer_role

    def require_allowed(self, current: Credential) -> None:
        """Allow it at any time: nothing but this secret's readers knows these logins."""

    def propose(self, current: Credential, password: str) -> Credential:
        """Return the next version: the other login, with a new password."""
        return current.replaced(password=password, username=alternate_username(current.username))

    def apply(
        self,
        current: Credential,
        pending: Credential,
        previous: Callable[[], Credential | None],
    ) -> None:
        """Make the pending login as the current one is, on both sides. Those done are left alone.

        Raises RotationRefusedError, or a DatabaseError when a side cannot be reached.
        """
        require_successor(current, pending, alternate_username(current.username))
        for side in Side:
            if not self._access.accepts(side, pending):
                with self._access.session(side, self._master(side)) as session:
                    _change(session, side, current.username, pending)

    def check(self, current: Credential, pending: Credential) -> None:
        """Log in on both sides, and see that nothing is missing that the current login has.

        Raises RotationRefusedError, LoginUnusableError, or a DatabaseError when a side cannot be
        reached. Both are the same when Secrets Manager only tries out how rotation is set up
        (API Reference, RotateSecret, RotateImmediately).
        """
        if pending.username != current.username:
            require_successor(current, pending, alternate_username(current.username))
        active = self._active()
        for side in Side:
            label = f"{pending.username} on the {side}"
            with self._access.session(side, pending) as session:
                privileges.require_membership(session, self._writer_role, label)
                privileges.require_equal(session, current.username, self._schema, label)
                if side is active:
                    privileges.require_work(session, self._schema, label)

    def undo(self, current: Credential, pending: Credential) -> None:
        """Do nothing: the current login was never touched."""


def _change(session: Session, side: Side, current: str, pending: Credential) -> None:
    """Create or change the pending login in one transaction: all of it, or nothing."""
    with _explained(side, pending.username):
        session.run("BEGIN")
        session.run(_LOCK)
        attributes = role_catalog.attributes(session, current)
        if attributes is None:
            raise RotationRefusedError(
                f"the {side} has no role {current}: bring the roles there first"
            )
        _require_plain(session, side, current, attributes)
        other = role_catalog.attributes(session, pending.username)
        if other is None:
            session.run(role_statements.create(pending.username))
        else:
            _require_plain(session, side, pending.username, other)
        _align(session, side, current, pending.username)
        verifier = scram_verifier(pending.password)
        session.run(role_statements.set_password(pending.username, verifier, attributes))
        session.run("COMMIT")


def _require_plain(
    session: Session, side: Side, login: str, attributes: role_catalog.Attributes
) -> None:
    """Refuse a login with rights of its own, which its alternate would not have."""
    if attributes.powerful:
        raise RotationRefusedError(
            f"{login} on the {side} has SUPERUSER, CREATEROLE, CREATEDB, REPLICATION or BYPASSRLS,"
            " which an application's login must not have"
        )
    belongings = role_catalog.belongings(session, login)
    if belongings:
        raise RotationRefusedError(
            f"{login} on the {side} has rights of its own ({', '.join(belongings)}), which its"
            " alternate would not have: give them to a role that both are members of"
        )


def _align(session: Session, side: Side, current: str, alternate: str) -> None:
    """Give the alternate the current login's memberships and settings, and no others."""
    wanted = role_catalog.memberships(session, current)
    present = role_catalog.memberships(session, alternate)
    for statement in role_statements.align_memberships(alternate, present, wanted):
        session.run(statement)
    # A membership that somebody else granted stays: REVOKE takes back what the grantor gave.
    left = role_catalog.memberships(session, alternate) ^ wanted
    if left:
        groups = ", ".join(sorted({membership.group for membership in left}))
        raise RotationRefusedError(
            f"on the {side} {alternate} cannot be given the same membership as {current} in:"
            f" {groups}; revoke what another role has granted there"
        )
    settings = (role_catalog.settings(session, login) for login in (alternate, current))
    for statement in role_statements.align_settings(alternate, *settings):
        session.run(statement)


@contextlib.contextmanager
def _explained(side: Side, login: str) -> Iterator[None]:
    """Say what a refusal for want of privileges is about."""
    try:
        yield
    except SideFencedError as error:
        raise RotationRefusedError(
            f"the master of the {side} may not manage {login}: it needs CREATEROLE, from"
            " PostgreSQL 16 on ADMIN OPTION on that role and on its groups, and the right to set"
            f" the parameters that the other login has set (SQLSTATE {error.sqlstate})"
        ) from None
    except DatabaseError as error:
        raise type(error)(f"changing {login} on the {side}: {error}") from None
