"""Configuration of the migration layer; Pulumi.yaml declares the keys and their defaults."""

from dataclasses import dataclass

import pulumi

from stacks.choices import require_log_retention_days


@dataclass(frozen=True, kw_only=True)
class MigrationSettings:
    """What an environment chooses about replication and its workflow."""

    replication_instance_class: str
    replication_storage_gib: int
    replication_multi_az: bool
    log_retention_days: int
    old_version_days: int

    @classmethod
    def read(cls) -> "MigrationSettings":
        """Return the stack's configuration. Raises pulumi.RunError for a value out of range."""
        config = pulumi.Config()
        return cls(
            replication_instance_class=config.require("replicationInstanceClass"),
            replication_storage_gib=config.require_int("replicationStorageGib"),
            replication_multi_az=config.require_bool("replicationMultiAz"),
            log_retention_days=require_log_retention_days(config, "logRetentionDays"),
            old_version_days=config.require_int("oldVersionDays"),
        )
