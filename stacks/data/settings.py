"""Configuration of the data layer; Pulumi.yaml declares the keys and their defaults."""

from dataclasses import dataclass

import pulumi

from stacks.choices import require_log_retention_days


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """What an environment chooses about its databases."""

    database_name: str
    source_engine_version: str
    target_engine_version: str
    instance_class: str
    backup_retention_days: int
    skip_final_snapshot: bool
    log_retention_days: int
    maximum_lag_seconds: int
    lag_samples: int
    cutover_deadline_seconds: int
    rotation_days: int
    rotate_masters: bool

    @classmethod
    def read(cls) -> "DataSettings":
        """Return the stack's configuration. Raises pulumi.RunError for a value out of range."""
        config = pulumi.Config()
        return cls(
            database_name=config.require("databaseName"),
            source_engine_version=config.require("sourceEngineVersion"),
            target_engine_version=config.require("targetEngineVersion"),
            instance_class=config.require("instanceClass"),
            backup_retention_days=config.require_int("backupRetentionDays"),
            skip_final_snapshot=config.require_bool("skipFinalSnapshot"),
            log_retention_days=require_log_retention_days(config, "logRetentionDays"),
            maximum_lag_seconds=config.require_int("maximumLagSeconds"),
            lag_samples=config.require_int("lagSamples"),
            cutover_deadline_seconds=config.require_int("cutoverDeadlineSeconds"),
            rotation_days=config.require_int("rotationDays"),
            rotate_masters=config.require_bool("rotateMasters"),
        )

    def thresholds(self) -> dict[str, str]:
        """Return the limits that a migration's workflow reads, as parameters of its hierarchy."""
        return {
            "maximum_lag_seconds": str(self.maximum_lag_seconds),
            "lag_samples": str(self.lag_samples),
            "cutover_deadline_seconds": str(self.cutover_deadline_seconds),
        }
