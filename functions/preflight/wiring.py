"""The preflight's surroundings, built from the function's environment."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from functions.preflight.errors import UnusableInputError
from functions.preflight.model import Phase, Situation
from functions.preflight.probes import SideProbe, open_session
from functions.preflight.replication_task import ReplicationTask, read_task
from functions.preflight.settings import Settings
from functions.preflight.thresholds import read_thresholds
from functions.runtime import aws
from functions.runtime.database import Session
from functions.runtime.errors import LoginFailedError, SecretError, SideUnavailableError
from functions.runtime.route import Side
from functions.runtime.secrets import SecretReader

LOGIN = ("username", "password")
AUTHORITY = ("pem",)


class Surroundings:
    """What a deployed preflight reaches. Nothing is called before use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._parameters = aws.client("ssm")
        self._replication = aws.client("dms")
        self._secrets = SecretReader(aws.client("secretsmanager"))

    def situation(self, phase: Phase, catalogue_hash: str | None) -> Situation:
        """Read thresholds and the replication task afresh. Raises UnusableInputError."""
        arn = self.settings.replication_task_arn
        return Situation(
            phase,
            read_thresholds(self._parameters, self.settings.workflow_parameter_path),
            read_task(self._replication, arn) if arn else ReplicationTask(),
            catalogue_hash,
        )

    @contextmanager
    def probes(self, situation: Situation) -> Iterator[dict[Side, SideProbe]]:
        """Connect to both sides at once, and close both in the end.

        Raises SideUnavailableError, LoginFailedError, or UnusableInputError for a secret that
        cannot be used.
        """
        with ExitStack() as opened, ThreadPoolExecutor(len(Side)) as pool:
            sessions = {side: pool.submit(self._connect, side) for side in Side}
            for session in sessions.values():
                if session.exception() is None:
                    opened.callback(session.result().close)
            yield {
                side: SideProbe(session.result(), self.settings.schema, situation)
                for side, session in sessions.items()
            }

    def _connect(self, side: Side) -> Session:
        try:
            return self._open(side, force_fetch=False)
        except (LoginFailedError, ssl.SSLCertVerificationError):
            pass  # the secret may have been rotated since it was read
        try:
            return self._open(side, force_fetch=True)
        except ssl.SSLCertVerificationError as error:
            raise SideUnavailableError(
                f"the certificate of the {side} is not trusted: {error.verify_message}"
            ) from None

    def _open(self, side: Side, *, force_fetch: bool) -> Session:
        settings = self.settings
        authority = settings.certificate_authority_secret_arn
        try:
            login = self._secrets.read(settings.secret(side), LOGIN, force_fetch=force_fetch)
            pem = self._secrets.read(authority, AUTHORITY, force_fetch=force_fetch)["pem"]
        except SecretError as error:
            raise UnusableInputError(str(error)) from error
        return open_session(settings.server(side), login, pem)
