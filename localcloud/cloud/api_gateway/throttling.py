"""Throttling by token buckets, one a method of a stage.

"Throttle requests to your REST APIs for better throughput in API Gateway": the rate refills the
bucket in requests a second, the burst is its size. Settings are those of the stage's methods.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any


class TokenBucket:
    """A bucket of `burst` tokens that refills at `rate` tokens a second."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self.limits = (rate, burst)
        self._tokens = burst
        self._clock = clock
        self._filled_at = clock()

    def take(self) -> bool:
        """Take one token if there is one."""
        rate, burst = self.limits
        now = self._clock()
        self._tokens = min(burst, self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttle:
    """The buckets of every stage. A change of limits starts a new, full bucket."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], TokenBucket] = {}

    def admits(
        self,
        api_id: str,
        stage: str,
        method: str,
        resource_path: str,
        settings: Mapping[str, Mapping[str, Any]],
    ) -> bool:
        """Return whether a request may pass, and count it."""
        limits = limits_of(settings, method, resource_path)
        if limits is None:
            return True
        key = (api_id, stage, f"{resource_path} {method}")
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None or bucket.limits != limits:
                bucket = self._buckets[key] = TokenBucket(*limits, self._clock)
            return bucket.take()


def limits_of(
    settings: Mapping[str, Mapping[str, Any]], method: str, resource_path: str
) -> tuple[float, float] | None:
    """Return (rate, burst) of a method, or None when it has no limits of its own.

    A method's own settings win over those of ``*/*``; a slash in a resource's path is written
    ``~1``, with or without the leading one.
    """
    escaped = resource_path.replace("/", "~1")
    for key in (f"{escaped}/{method}", f"{escaped.removeprefix('~1')}/{method}", "*/*"):
        found = settings.get(key)
        if found is None or "throttlingRateLimit" not in found:
            continue
        rate, burst = float(found["throttlingRateLimit"]), float(found["throttlingBurstLimit"])
        return None if rate < 0 or burst < 0 else (rate, burst)
    return None
