"""Reading and writing the route in Parameter Store, without any memory of it."""

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.cutover.deadline import Deadline
from functions.cutover.errors import AttemptEndedError, UnsettledError
from functions.runtime.errors import RouteError
from functions.runtime.route import Route

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5


class RouteStore:
    """The parameter that holds the route. Parameter Store has no conditional write.

    So a route is only written that both sides' rows stand for, and it is read back.
    """

    def __init__(
        self, client: Any, parameter_name: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Work through `client`, a boto3 client of SSM."""
        self._client = client
        self._parameter_name = parameter_name
        self._sleep = sleep

    def read(self) -> Route:
        """Return the route as it is now. Raises RouteError."""
        try:
            response = self._client.get_parameter(Name=self._parameter_name)
        except (BotoCoreError, ClientError) as error:
            raise RouteError(
                f"parameter {self._parameter_name} cannot be read: {type(error).__name__}"
            ) from error
        return Route.parse(response["Parameter"]["Value"])

    def write(self, route: Route, seconds: float, *, still_true: Callable[[], bool]) -> None:
        """Write a route, again and again for `seconds` until Parameter Store takes it.

        Before each repetition `still_true` is asked, because a later cutover may have come
        meanwhile. Raises UnsettledError when it is not, or when the time is over.
        """
        deadline = Deadline(seconds, "writing of the route")
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                self._put(route)
                return
            except RouteError as error:
                last = error
            try:
                self._sleep(min(pause, deadline.remaining()))
            except AttemptEndedError as ended:
                raise UnsettledError(
                    f"decided for the {route.active}, but {ended}: {last}"
                ) from None
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            if not still_true():
                raise UnsettledError(f"the sides do not stand for {route} any more")

    def _put(self, route: Route) -> None:
        value = json.dumps({"active": route.active.value, "epoch": route.epoch})
        try:
            self._client.put_parameter(Name=self._parameter_name, Value=value, Overwrite=True)
        except (BotoCoreError, ClientError) as error:
            raise RouteError(
                f"parameter {self._parameter_name} cannot be written: {type(error).__name__}"
            ) from error
