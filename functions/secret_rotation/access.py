"""Sessions on both clusters for logins that are about to change: never kept, always over TLS."""

import contextlib
import ssl
from collections.abc import Iterator, Mapping

from functions.runtime.connections import Server
from functions.runtime.database import Session
from functions.runtime.errors import LoginFailedError, SideUnavailableError
from functions.runtime.route import Side
from functions.secret_rotation.credentials import Credential

STATEMENT_SECONDS = 5.0


class Access:
    """Logs in on a side's writer, whose certificate the PEM bundle `authority` verifies."""

    def __init__(
        self, servers: Mapping[Side, Server], authority: str, application_name: str
    ) -> None:
        self.servers = servers
        self._authority = authority
        self._application_name = application_name

    @contextlib.contextmanager
    def session(self, side: Side, credential: Credential) -> Iterator[Session]:
        """Yield a session that is closed at the end; an open transaction is undone by that.

        Raises LoginFailedError, and SideUnavailableError also for a certificate that is not
        trusted.
        """
        try:
            session = Session(
                self.servers[side],
                credential.login(),
                self._authority,
                application_name=self._application_name,
                statement_timeout=STATEMENT_SECONDS,
            )
        except ssl.SSLCertVerificationError as error:
            raise SideUnavailableError(
                f"the certificate of the {side} is not trusted: {error.verify_message}"
            ) from None
        except SideUnavailableError as error:
            raise SideUnavailableError(f"the {side} cannot be reached: {error}") from None
        except LoginFailedError:
            raise LoginFailedError(
                f"the {side} does not accept the login {credential.username}"
            ) from None
        try:
            yield session
        finally:
            session.close()

    def accepts(self, side: Side, credential: Credential) -> bool:
        """Tell whether a side lets this login in. Raises SideUnavailableError."""
        try:
            with self.session(side, credential):
                return True
        except LoginFailedError:
            return False
