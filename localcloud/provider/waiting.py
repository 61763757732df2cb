"""Waiting for a state, with a bound and in short steps: the laptop cloud answers in no time."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import WaiterError

from localcloud.provider.definition import ResourceType, Waiter
from localcloud.provider.errors import StateTimeoutError
from localcloud.provider.scope import Scope, resolve
from localcloud.provider.session import Session

DEFAULT_TIMEOUT = 300.0
"""Seconds; a program's ``customTimeouts`` override it."""

_STEP = 0.1


def wait(
    session: Session,
    resource_type: ResourceType,
    waiter: Waiter,
    scope: Scope,
    timeout: float = DEFAULT_TIMEOUT,
) -> None:
    """Wait until a resource is in a state; ``timeout`` is in seconds.

    Raises StateTimeoutError when it does not get there in time, or goes where it cannot.
    """
    arguments = {name: resolve(value, scope) for name, value in waiter.arguments.items()}
    wait_for(session, resource_type.service, waiter.name, arguments, scope, timeout)


def wait_for(
    session: Session,
    service: str,
    waiter: str,
    arguments: Mapping[str, Any],
    scope: Scope,
    timeout: float = DEFAULT_TIMEOUT,
) -> None:
    """Wait as one of botocore's waiters does; raises as `wait` does."""
    client = session.client(service, scope.region)
    attempts = max(1, int(timeout / _STEP))
    try:
        client.get_waiter(waiter).wait(
            **arguments, WaiterConfig={"Delay": _STEP, "MaxAttempts": attempts}
        )
    except WaiterError as error:
        state = _last_state(error.last_response)
        raise StateTimeoutError(
            f"{service} {scope.resource_id} did not reach the state "
            f"{waiter} within {timeout:g} s (last seen: {state}): {error.kwargs['reason']}"
        ) from error


def _last_state(answer: Any) -> str:
    """Return the first status in an answer, in the words of the service."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            if isinstance(value, str) and key.lower().endswith(("status", "state")):
                return value
        answer = list(answer.values())
    for value in answer if isinstance(answer, list) else []:
        state = _last_state(value)
        if state != "unknown":
            return state
    return "unknown"
