"""The route: which side takes traffic, and since which epoch.

It lives in one Parameter Store parameter, created by the data layer and changed only by the
workflows, which raise the epoch with every change.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.runtime.errors import RouteError

MAX_AGE_SECONDS = 1.0


class Side(StrEnum):
    """One of the two clusters."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True)
class Route:
    """The side that takes traffic, and a number that grows with every change of it."""

    active: Side
    epoch: int

    @classmethod
    def parse(cls, value: str) -> "Route":
        """Return the route that a parameter's value describes; raises RouteError."""
        try:
            document = json.loads(value)
            active, epoch = Side(document["active"]), document["epoch"]
        except (ValueError, KeyError, TypeError):
            raise RouteError('the route is not {"active": "source"|"target", "epoch": n}') from None
        if type(epoch) is not int or epoch < 0:
            raise RouteError("the route's epoch is not a whole number from 0 up")
        return cls(active, epoch)


class RouteReader:
    """Reads the route, at most once per `max_age` seconds unless a fresh one is asked for.

    The fences in the databases keep a stale route harmless (a statement on the wrong side is
    refused), so two things are safe and done: an epoch below one already seen is not followed,
    and while Parameter Store cannot be reached the last known route stays in use.
    """

    def __init__(
        self,
        client: Any,
        parameter_name: str,
        *,
        max_age: float = MAX_AGE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read through `client`, a boto3 client of SSM; `clock` gives seconds."""
        self._client = client
        self._parameter_name = parameter_name
        self._max_age = max_age
        self._clock = clock
        self._known: Route | None = None
        self._fetched_at = 0.0

    def read(self, *, force_fetch: bool = False) -> Route:
        """Return the route. Raises RouteError when none could ever be read."""
        expired = self._clock() - self._fetched_at >= self._max_age
        if self._known is None or force_fetch or expired:
            self._known = self._refreshed(self._known)
            self._fetched_at = self._clock()
        return self._known

    def _refreshed(self, known: Route | None) -> Route:
        try:
            fetched = self._fetch()
        except RouteError:
            if known is None:
                raise
            return known
        return known if known is not None and known.epoch > fetched.epoch else fetched

    def _fetch(self) -> Route:
        try:
            response = self._client.get_parameter(Name=self._parameter_name)
        except (BotoCoreError, ClientError) as error:
            raise RouteError(
                f"parameter {self._parameter_name} cannot be read: {type(error).__name__}"
            ) from error
        return Route.parse(response["Parameter"]["Value"])
