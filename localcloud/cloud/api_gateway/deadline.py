"""Calls something that may outlast its caller's patience."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

T = TypeVar("T")


class DeadlineExceededError(Exception):
    """The call goes on, but nobody waits for its result any longer."""


def call_within(seconds: float, work: Callable[[], T]) -> T:
    """Return the result of `work`, or raise what it raises.

    Raises DeadlineExceededError when it takes longer; the work itself is not interrupted, as a
    function goes on when API Gateway has given up on it.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="integration", daemon=True).start()
    try:
        return outcome.result(timeout=seconds)
    except FutureTimeoutError as error:
        if outcome.done():
            raise
        raise DeadlineExceededError(f"no result after {seconds} s") from error
