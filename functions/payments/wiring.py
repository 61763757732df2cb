"""The environment of the payments function, and the service that is built from it."""

from dataclasses import dataclass

from functions.payments.rerouting import SideRouter
from functions.payments.service import PaymentService
from functions.runtime import aws
from functions.runtime.database import Server, SideSessions
from functions.runtime.route import RouteReader, Side
from functions.runtime.secrets import SecretReader


@dataclass(frozen=True)
class Settings:
    """One field per environment variable; see functions.runtime.settings."""

    route_parameter_name: str
    source_host: str
    source_port: int
    target_host: str
    target_port: int
    database_name: str
    application_secret_arn: str
    certificate_authority_secret_arn: str
    powertools_service_name: str = "payments"

    def servers(self) -> dict[Side, Server]:
        """Return where each side is reached."""
        return {
            Side.SOURCE: Server(self.source_host, self.source_port, self.database_name),
            Side.TARGET: Server(self.target_host, self.target_port, self.database_name),
        }


def service(settings: Settings) -> PaymentService:
    """Build the service; no connection is made yet."""
    return PaymentService(SideRouter(routes(settings), sessions(settings)))


def routes(settings: Settings) -> RouteReader:
    """Build the reader of the route."""
    return RouteReader(aws.client("ssm"), settings.route_parameter_name)


def sessions(settings: Settings) -> SideSessions:
    """Build the sessions on both sides; no connection is made yet."""
    return SideSessions(
        settings.servers(),
        SecretReader(aws.client("secretsmanager")),
        login_secret=settings.application_secret_arn,
        authority_secret=settings.certificate_authority_secret_arn,
        application_name=settings.powertools_service_name,
    )
