"""Single user: a master changes its own password, on its own cluster.

PostgreSQL knows one password a role, so between `apply` and the promotion new log-ins need the
pending version; sessions that are open stay. Whatever fails in that time and can be seen puts the
old password back. (AWS Secrets Manager User Guide, "Lambda rotation strategies: single user".)
"""

from collections.abc import Callable

from functions.runtime.errors import FunctionError, LoginFailedError
from functions.runtime.route import Side
from functions.secret_rotation import privileges, role_statements
from functions.secret_rotation.access import Access
from functions.secret_rotation.credentials import Credential, require_server, require_successor
from functions.secret_rotation.errors import RotationError
from functions.secret_rotation.pause import PauseFlag
from functions.secret_rotation.verifier import scram_verifier


class MasterRotation:
    """Rotates the password of one cluster's master user."""

    def __init__(self, access: Access, side: Side, pause: PauseFlag, *, schema: str) -> None:
        self._access = access
        self._side = side
        self._pause = pause
        self._schema = schema

    def require_allowed(self, current: Credential) -> None:
        """Raise RotationRefusedError while a migration holds a copy of the password."""
        self._pause.require_running(current.username)

    def propose(self, current: Credential, password: str) -> Credential:
        """Return the next version: the same login with a new password."""
        return current.replaced(password=password)

    def apply(
        self,
        current: Credential,
        pending: Credential,
        previous: Callable[[], Credential | None],
    ) -> None:
        """Change the password, unless it is the pending one already.

        Logs in with the current version, or else with the previous one. Raises
        RotationRefusedError, or a DatabaseError when the side refuses or cannot be reached.
        """
        require_successor(current, pending, current.username)
        require_server(current, self._access.servers[self._side])
        if not self._access.accepts(self._side, pending):
            self._write(self._working(current, previous), pending)

    def check(self, current: Credential, pending: Credential) -> None:
        """Log in, and see that the login is the master that it has to be.

        Raises RotationRefusedError, LoginUnusableError, or a DatabaseError when the side refuses
        or cannot be reached.
        """
        require_successor(current, pending, current.username)
        with self._access.session(self._side, pending) as session:
            label = f"{pending.username} on the {self._side}"
            privileges.require_mastery(session, self._schema, label)

    def undo(self, current: Credential, pending: Credential) -> None:
        """Put the current version's password back, if it is not the server's already.

        Raises RotationError when that is not possible either.
        """
        if pending.username != current.username:
            return
        try:
            if not self._access.accepts(self._side, current):
                self._write(pending, current)
        except FunctionError as error:
            raise RotationError(
                f"the password of {current.username} on the {self._side} could not be put back"
                f" ({error}); the pending version of the secret has the one that works, and the"
                " next attempt of this rotation goes on with it"
            ) from None

    def _working(
        self, current: Credential, previous: Callable[[], Credential | None]
    ) -> Credential:
        if self._access.accepts(self._side, current):
            return current
        fallback = previous()
        if fallback is not None and fallback.username == current.username:
            require_successor(fallback, current, current.username)
            if self._access.accepts(self._side, fallback):
                return fallback
        raise LoginFailedError(
            f"the {self._side} accepts neither the pending, nor the current, nor the previous"
            f" password of {current.username}"
        )

    def _write(self, login: Credential, wanted: Credential) -> None:
        statement = role_statements.set_own_password(scram_verifier(wanted.password))
        with self._access.session(self._side, login) as session:
            session.run(statement)
