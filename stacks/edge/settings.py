"""Configuration of the edge layer; Pulumi.yaml declares the keys and their defaults."""

from dataclasses import dataclass

import pulumi

from stacks.choices import LOG_LEVELS, require_choice, require_log_retention_days


@dataclass(frozen=True, kw_only=True)
class EdgeSettings:
    """What an environment chooses about its API and functions. Memory in MiB, times in seconds."""

    payments_memory_size: int
    payments_timeout: int
    authorizer_memory_size: int
    authorizer_timeout: int
    authorizer_cache_seconds: int
    log_level: str
    log_retention_days: int
    stage_name: str
    throttling_rate: int
    throttling_burst: int
    manage_api_gateway_account: bool

    @classmethod
    def read(cls) -> "EdgeSettings":
        """Return the stack's configuration. Raises pulumi.RunError for a value out of range."""
        config = pulumi.Config()
        return cls(
            payments_memory_size=config.require_int("paymentsMemorySize"),
            payments_timeout=config.require_int("paymentsTimeout"),
            authorizer_memory_size=config.require_int("authorizerMemorySize"),
            authorizer_timeout=config.require_int("authorizerTimeout"),
            authorizer_cache_seconds=config.require_int("authorizerCacheSeconds"),
            log_level=require_choice(config, "logLevel", LOG_LEVELS),
            log_retention_days=require_log_retention_days(config, "logRetentionDays"),
            stage_name=config.require("stageName"),
            throttling_rate=config.require_int("throttlingRate"),
            throttling_burst=config.require_int("throttlingBurst"),
            manage_api_gateway_account=config.require_bool("manageApiGatewayAccount"),
        )
