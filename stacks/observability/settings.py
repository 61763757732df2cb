"""Configuration of the observability layer; Pulumi.yaml declares the keys and their defaults."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class ObservabilitySettings:
    """The thresholds of the alarms."""

    api_latency_milliseconds: int
    function_duration_milliseconds: int
    replication_latency_seconds: int
    database_cpu_percent: int
    replication_slot_gib: int
    rollback_errors: int

    @classmethod
    def read(cls) -> "ObservabilitySettings":
        """Return the stack's configuration."""
        config = pulumi.Config()
        return cls(
            api_latency_milliseconds=config.require_int("apiLatencyMilliseconds"),
            function_duration_milliseconds=config.require_int("functionDurationMilliseconds"),
            replication_latency_seconds=config.require_int("replicationLatencySeconds"),
            database_cpu_percent=config.require_int("databaseCpuPercent"),
            replication_slot_gib=config.require_int("replicationSlotGib"),
            rollback_errors=config.require_int("rollbackErrors"),
        )
