"""Waits for messages without the control plane's lock.

A long poll (``WaitTimeSeconds``, "Amazon SQS short and long polling") would otherwise keep every
sender out until it ends.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from moto.sqs.models import SQSBackend

from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.patching import wrap

_arrival = threading.Condition()
_LONGEST_NAP_SECONDS = 0.25
"""Messages become visible by time alone too (delays, visibility time-outs)."""


def install() -> None:
    """Replace moto's wait inside ReceiveMessage; sending wakes the waiting receivers."""
    wrap(SQSBackend, "receive_message", _receive_message)
    wrap(SQSBackend, "send_message", _send_message)


def _receive_message(
    stock: Callable[..., Any],
    backend: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    *others: Any,
    **keywords: Any,
) -> Any:
    deadline = time.monotonic() + wait_seconds_timeout
    while True:
        messages = stock(backend, queue_name, count, 0, *others, **keywords)
        left = deadline - time.monotonic()
        if messages or left <= 0:
            return messages
        with LOCK.released(), _arrival:
            _arrival.wait(min(left, _LONGEST_NAP_SECONDS))


def _send_message(
    stock: Callable[..., Any], backend: SQSBackend, *arguments: Any, **keywords: Any
) -> Any:
    message = stock(backend, *arguments, **keywords)
    with _arrival:
        _arrival.notify_all()
    return message
