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
    poll_seconds: int
    lag_sample_seconds: int
    full_load_timeout_seconds: int
    low_lag_timeout_seconds: int
    approval_timeout_seconds: int
    cutover_attempts: int
    fence_lock_timeout_milliseconds: int
    fence_attempts: int
    sequence_margin: int
    compare_after_cutover: bool

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
            poll_seconds=config.require_int("pollSeconds"),
            lag_sample_seconds=config.require_int("lagSampleSeconds"),
            full_load_timeout_seconds=config.require_int("fullLoadTimeoutSeconds"),
            low_lag_timeout_seconds=config.require_int("lowLagTimeoutSeconds"),
            approval_timeout_seconds=config.require_int("approvalTimeoutSeconds"),
            cutover_attempts=config.require_int("cutoverAttempts"),
            fence_lock_timeout_milliseconds=config.require_int("fenceLockTimeoutMilliseconds"),
            fence_attempts=config.require_int("fenceAttempts"),
            sequence_margin=config.require_int("sequenceMargin"),
            compare_after_cutover=config.require_bool("compareAfterCutover"),
        )

    def thresholds(self) -> dict[str, str]:
        """Return what operators may change of the workflows while they run, as parameters.

        The limits of the lag and the deadline of the cutover are parameters of the data layer.
        """
        return {
            "poll_seconds": str(self.poll_seconds),
            "lag_sample_seconds": str(self.lag_sample_seconds),
            "full_load_timeout_seconds": str(self.full_load_timeout_seconds),
            "low_lag_timeout_seconds": str(self.low_lag_timeout_seconds),
            "approval_timeout_seconds": str(self.approval_timeout_seconds),
            "cutover_attempts": str(self.cutover_attempts),
            "fence_lock_timeout_milliseconds": str(self.fence_lock_timeout_milliseconds),
            "fence_attempts": str(self.fence_attempts),
            "sequence_margin": str(self.sequence_margin),
            "compare_after_cutover": str(self.compare_after_cutover).lower(),
        }
