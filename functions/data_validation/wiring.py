"""The surroundings of the deployed steps, built from the function's environment."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from botocore.exceptions import BotoCoreError, ClientError

from functions.data_validation import metrics, pg8000_session
from functions.data_validation.checkpoints import S3Store
from functions.data_validation.direction import Direction
from functions.data_validation.events import Events
from functions.data_validation.metrics import Work
from functions.data_validation.run_state import RunState
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.settings import Settings
from functions.data_validation.workers import opened
from functions.runtime import aws
from functions.runtime.connections import Server
from functions.runtime.errors import LoginFailedError, SettingsError
from functions.runtime.secrets import SecretReader

LOGIN = ("username", "password")
AUTHORITY = ("pem",)


class DeployedSurroundings:
    """What a deployed validation reaches (steps.Surroundings). Nothing is called before use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._storage = aws.client("s3")
        self._parameters = aws.client("ssm")
        self._secrets = SecretReader(aws.client("secretsmanager"))
        self.events = Events(aws.client("events"), settings.event_source)

    def state(self, run: str) -> RunState:
        """Return the state of a run, under its own prefix of the bucket."""
        prefix = f"{self._settings.checkpoint_prefix}/{run}"
        return RunState(S3Store(self._storage, self._settings.checkpoints_bucket, prefix))

    def defaults(self) -> Mapping[str, str]:
        """Return the parameters of validations, by name. Raises SettingsError."""
        path = self._settings.parameter_path
        pages = self._parameters.get_paginator("get_parameters_by_path").paginate(Path=path)
        try:
            found = [parameter for page in pages for parameter in page["Parameters"]]
        except (BotoCoreError, ClientError) as error:
            raise SettingsError(f"{path} cannot be read: {type(error).__name__}") from error
        return {each["Name"].rpartition("/")[2]: each["Value"] for each in found}

    def writers(
        self, statement_timeout: float, direction: Direction
    ) -> AbstractContextManager[Sides]:
        """Connect to both writers, which end any statement after so many seconds.

        Raises SideUnavailableError, LoginFailedError or SecretError.
        """
        settings = self._settings
        return opened(
            lambda: self._connect(settings.source, settings.source_secret_arn, statement_timeout),
            lambda: self._connect(settings.target, settings.target_secret_arn, statement_timeout),
            direction,
        )

    def report_work(self, work: Work) -> None:
        """Write the metrics of an invocation to the log."""
        metrics.emit(self._settings.environment, self._settings.powertools_service_name, work)

    def _connect(self, server: Server, secret_arn: str, statement_timeout: float) -> Session:
        try:
            return self._open(server, secret_arn, statement_timeout, force_fetch=False)
        except LoginFailedError:  # the secret may have been rotated since it was read
            return self._open(server, secret_arn, statement_timeout, force_fetch=True)

    def _open(
        self, server: Server, secret_arn: str, statement_timeout: float, *, force_fetch: bool
    ) -> Session:
        authority = self._settings.certificate_authority_secret_arn
        return pg8000_session.connect(
            server,
            self._secrets.read(secret_arn, LOGIN, force_fetch=force_fetch),
            self._secrets.read(authority, AUTHORITY, force_fetch=force_fetch)["pem"],
            statement_timeout=statement_timeout,
        )
