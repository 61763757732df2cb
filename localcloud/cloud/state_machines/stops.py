"""StopExecution: the execution ends at once, whatever its task is waiting for.

"StopExecution" (API reference): its error and cause are the execution's. A task that is under way
is left: a function runs on, but nobody waits for it; an execution that is waited for is stopped
too ("Run a Job (.sync)" in "Discover service integration patterns"). In moto's interpreter an
execution runs on until its task has ended, for a task token that is a day.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501 - moto's module name
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (  # noqa: E501 - as above
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.responses import StepFunctionResponse

from localcloud.cloud.patching import wrap

Stock = Callable[..., Any]

_BEGIN_SECONDS = 5.0
_POLL_SECONDS = 0.01
_LISTENERS = "stop_listeners"
_STOP_NESTED = "stop_nested"


def install() -> None:
    """Repair what becomes of an execution that is stopped, and the API that stops it."""
    wrap(StepFunctionResponse, "stop_execution", _stop_execution)
    wrap(StepFunctionResponse, "send_task_failure", _send_task_failure)
    wrap(Environment, "set_stop", _set_stop)
    wrap(CommonStateField, "_eval_body", _run_state)
    wrap(EventManager, "add_event", _add_event)
    wrap(BaseExecutionWorkerCommunication, "_reflect_execution_status", _reflect_status)
    for builder in ("_build_sync_resolver", "_build_sync2_resolver"):
        wrap(StateTaskServiceSfn, builder, _build_resolver)
    wrap(StateTaskServiceCallback, "_eval_sync", _wait_for_nested)


def _stop_execution(_stock: Stock, response: StepFunctionResponse) -> ActionResult:
    """Stop an execution with the request's error and cause, which moto leaves out."""
    execution: Any = response.stepfunction_backend.describe_execution(
        response._get_param("executionArn")  # noqa: SLF001 - moto's way to a parameter
    )
    moment = datetime.now(UTC)
    _wait_until_begun(execution)
    execution.stop(
        stop_date=moment,
        error=response._get_param("error"),  # noqa: SLF001 - as above
        cause=response._get_param("cause"),  # noqa: SLF001 - as above
    )
    return ActionResult({"stopDate": execution.stop_date or moment})


def _send_task_failure(_stock: Stock, response: StepFunctionResponse) -> EmptyResult:
    """Fail a task with the request's cause too, which moto leaves out."""
    backend: Any = response.stepfunction_backend
    backend.send_task_failure(
        response._get_param("taskToken"),  # noqa: SLF001 - moto's way to a parameter
        error=response._get_param("error"),  # noqa: SLF001 - as above
        cause=response._get_param("cause") or "",  # noqa: SLF001 - as above
    )
    return EmptyResult()


def _wait_until_begun(execution: Execution) -> None:
    """Wait for the interpreter's thread, which is there a moment after StartExecution."""
    deadline = time.monotonic() + _BEGIN_SECONDS
    worker: Any = execution.exec_worker
    while worker.env is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _set_stop(stock: Stock, environment: Environment, *arguments: Any, **keywords: Any) -> None:
    stock(environment, *arguments, **keywords)
    for listener in list(getattr(environment, _LISTENERS, ())):
        listener()
    for endpoint in list(environment.callback_pool_manager._pool.values()):  # noqa: SLF001 - as above
        endpoint.interrupt_all()


@contextmanager
def _told_of_stop(environment: Environment, listener: Callable[[], None]) -> Iterator[None]:
    listeners = environment.__dict__.setdefault(_LISTENERS, [])
    listeners.append(listener)
    if _is_stopped(environment):
        listener()
    try:
        yield
    finally:
        listeners.remove(listener)


def _is_stopped(environment: Environment) -> bool:
    return isinstance(environment.program_state(), ProgramStopped)


def _run_state(stock: Stock, state: CommonStateField, env: Environment) -> None:
    """Run a state in a thread of its own, and leave it there when the execution is stopped."""
    if not isinstance(state, ExecutionState):
        stock(state, env)
        return
    settled = threading.Event()
    failures: list[Exception] = []

    def run() -> None:
        try:
            stock(state, env)
        except Exception as error:  # raised again where the state is waited for
            failures.append(error)
        finally:
            settled.set()

    with _told_of_stop(env, settled.set):
        threading.Thread(target=run, name=f"state {state.name}", daemon=True).start()
        settled.wait()
    if failures and not _is_stopped(env):
        raise failures[0]


def _add_event(stock: Stock, manager: EventManager, *arguments: Any, **keywords: Any) -> int:
    """Add an event to a history, unless its execution was stopped: that is the last event."""
    history = manager._history_event_list  # noqa: SLF001 - moto has no public way to it
    if history and history[-1]["type"] == HistoryEventType.ExecutionAborted:
        return int(history[-1]["id"])
    return int(stock(manager, *arguments, **keywords))


def _reflect_status(stock: Stock, communication: BaseExecutionWorkerCommunication) -> None:
    stock(communication)
    execution: Any = communication.execution
    state = execution.exec_worker.env.program_state()
    if isinstance(state, ProgramStopped):
        execution.error, execution.cause = state.error, state.cause


def _build_resolver(
    stock: Stock, task: StateTaskServiceSfn, env: Environment, **keywords: Any
) -> Callable[[], Any]:
    nested = env.stack[-1]["ExecutionArn"]
    client: Any = boto_client_for(
        region=keywords["resource_runtime_part"].region,
        service="stepfunctions",
        state_credentials=keywords["state_credentials"],
    )
    resolver: Any = stock(task, env=env, **keywords)

    def stop_nested() -> None:
        client.stop_execution(executionArn=nested)

    setattr(resolver, _STOP_NESTED, stop_nested)
    return resolver  # type: ignore[no-any-return]  # moto says None is possible; it is not


def _wait_for_nested(
    stock: Stock, task: StateTaskServiceCallback, *, env: Environment, **keywords: Any
) -> Any:
    found = stock(task, env=env, **keywords)
    stop_nested = getattr(keywords["sync_resolver"], _STOP_NESTED, None)
    if stop_nested is not None and _is_stopped(env):
        stop_nested()
    return found
