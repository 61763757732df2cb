"""The environment of the rotation function."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.runtime.connections import Server
from functions.runtime.route import Side


@dataclass(frozen=True)
class Settings:
    """One field per environment variable; see functions.runtime.settings."""

    source_host: str
    source_port: int
    target_host: str
    target_port: int
    database_name: str
    source_secret_arn: str
    target_secret_arn: str
    application_secret_arn: str
    certificate_authority_secret_arn: str
    route_parameter_name: str
    workflow_parameter_path: str
    schema: str = "payments"
    writer_role: str = "payments_writer"
    powertools_service_name: str = "secret-rotation"

    @property
    def servers(self) -> Mapping[Side, Server]:
        """The writer of each cluster."""
        return {
            Side.SOURCE: Server(self.source_host, self.source_port, self.database_name),
            Side.TARGET: Server(self.target_host, self.target_port, self.database_name),
        }

    @property
    def master_secrets(self) -> Mapping[Side, str]:
        """The ARN of each cluster's master secret."""
        return {Side.SOURCE: self.source_secret_arn, Side.TARGET: self.target_secret_arn}
