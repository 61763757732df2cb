"""The environment of the cutover function."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.runtime.connections import Server
from functions.runtime.route import Side


@dataclass(frozen=True)
class Settings:
    """One field per environment variable; see functions.runtime.settings."""

    environment: str
    source_host: str
    source_port: int
    target_host: str
    target_port: int
    database_name: str
    source_secret_arn: str
    target_secret_arn: str
    certificate_authority_secret_arn: str
    route_parameter_name: str
    workflow_parameter_path: str
    schema: str = "payments"
    powertools_service_name: str = "cutover"

    @property
    def servers(self) -> Mapping[Side, Server]:
        """Where each side's writer is reached."""
        return {
            Side.SOURCE: Server(self.source_host, self.source_port, self.database_name),
            Side.TARGET: Server(self.target_host, self.target_port, self.database_name),
        }

    @property
    def secrets(self) -> Mapping[Side, str]:
        """The ARN of each side's login."""
        return {Side.SOURCE: self.source_secret_arn, Side.TARGET: self.target_secret_arn}
