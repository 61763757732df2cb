"""The environment of the preflight function."""

from dataclasses import dataclass

from functions.runtime.connections import Server
from functions.runtime.route import Side


@dataclass(frozen=True)
class Settings:
    """One field per environment variable; see functions.runtime.settings.

    Without a replication task's ARN, DMS's own defaults are assumed of the task.
    """

    environment: str
    source_host: str
    source_port: int
    target_host: str
    target_port: int
    database_name: str
    source_secret_arn: str
    target_secret_arn: str
    certificate_authority_secret_arn: str
    workflow_parameter_path: str
    schema: str = "payments"
    replication_task_arn: str = ""
    powertools_service_name: str = "preflight"

    def server(self, side: Side) -> Server:
        """Return the writer of a side."""
        if side is Side.SOURCE:
            return Server(self.source_host, self.source_port, self.database_name)
        return Server(self.target_host, self.target_port, self.database_name)

    def secret(self, side: Side) -> str:
        """Return the ARN of the master user's secret of a side."""
        return self.source_secret_arn if side is Side.SOURCE else self.target_secret_arn
