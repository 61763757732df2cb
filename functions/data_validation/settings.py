"""The environment of the validation function."""

from dataclasses import dataclass

from functions.runtime.connections import Server


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
    checkpoints_bucket: str
    checkpoint_prefix: str
    parameter_path: str
    event_source: str
    powertools_service_name: str = "data-validation"

    @property
    def source(self) -> Server:
        """The source's writer. Aurora's readers do not tell how far they are (see replica)."""
        return Server(self.source_host, self.source_port, self.database_name)

    @property
    def target(self) -> Server:
        """The target's writer."""
        return Server(self.target_host, self.target_port, self.database_name)
