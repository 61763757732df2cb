"""Clients of AWS services, bounded so that a slow service cannot use up an invocation."""

from typing import Any

import boto3
from botocore.config import Config

_BOUNDED = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
)
"""Seconds; at worst 2 x (1 + 2) s and a short pause go by before a call is given up."""


def client(service: str) -> Any:
    """Return a client of a service in the function's own region and account."""
    return boto3.client(service, config=_BOUNDED)  # type: ignore[call-overload]  # any service
