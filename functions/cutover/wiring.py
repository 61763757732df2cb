"""The surroundings of the deployed function, built from its environment."""

from functions.cutover.run import Actions, Surroundings
from functions.cutover.session import Pg8000Session, Session
from functions.cutover.settings import Settings
from functions.runtime import aws
from functions.runtime.errors import LoginFailedError
from functions.runtime.route import Side
from functions.runtime.secrets import SecretReader

LOGIN = ("username", "password")
AUTHORITY = ("pem",)


class Connector:
    """Connects to either side as its own master user, who is a member of the owner."""

    def __init__(self, settings: Settings, secrets: SecretReader) -> None:
        """Take logins and the CA bundle from `secrets`. Nothing is called yet."""
        self._settings = settings
        self._secrets = secrets

    def __call__(self, side: Side) -> Session:
        """Connect to a side. Raises SideUnavailableError, LoginFailedError or SecretError."""
        try:
            return self._open(side, force_fetch=False)
        except LoginFailedError:  # the secret may have been rotated since it was read
            return self._open(side, force_fetch=True)

    def _open(self, side: Side, *, force_fetch: bool) -> Session:
        settings = self._settings
        authority = settings.certificate_authority_secret_arn
        return Pg8000Session(
            settings.servers[side],
            self._secrets.read(settings.secrets[side], LOGIN, force_fetch=force_fetch),
            self._secrets.read(authority, AUTHORITY, force_fetch=force_fetch)["pem"],
        )


def surroundings(settings: Settings) -> Surroundings:
    """Build what the actions reach."""
    return Surroundings(
        environment=settings.environment,
        schema=settings.schema,
        connect=Connector(settings, SecretReader(aws.client("secretsmanager"))),
        parameters=aws.client("ssm"),
        route_parameter_name=settings.route_parameter_name,
        workflow_parameter_path=settings.workflow_parameter_path,
    )


def actions(settings: Settings) -> Actions:
    """Build the actions."""
    return Actions(surroundings(settings))
