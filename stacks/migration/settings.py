"""Configuration of the migration layer; Pulumi.yaml declares the keys and their defaults."""

from dataclasses import dataclass

import pulumi

from stacks.choices import require_log_retention_days


@dataclass(frozen=True, kw_only=True)
class MigrationSettings:
    """What an environment chooses about replication, validation and the workflows.

    Memory in MiB, times in seconds, rates in rows a second.
    """

    replication_instance_class: str
    replication_storage_gib: int
    replication_multi_az: bool
    log_retention_days: int
    old_version_days: int
    validation_memory_size: int
    validation_timeout: int
    validation_concurrency: int
    validation_rows_per_item: int
    validation_max_rate: int
    validation_recheck_seconds: int
    validation_replication: str

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
            validation_memory_size=config.require_int("validationMemorySize"),
            validation_timeout=config.require_int("validationTimeout"),
            validation_concurrency=config.require_int("validationConcurrency"),
            validation_rows_per_item=config.require_int("validationRowsPerItem"),
            validation_max_rate=config.require_int("validationMaxRate"),
            validation_recheck_seconds=config.require_int("validationRecheckSeconds"),
            validation_replication=config.require("validationReplication"),
        )
