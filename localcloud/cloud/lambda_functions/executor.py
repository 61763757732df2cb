"""Runs invocations: picks a worker, names the outcome in AWS's words, writes the function's log."""

import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from localcloud.cloud.lambda_functions import managed_runtime
from localcloud.cloud.lambda_functions.code_store import CodeStore
from localcloud.cloud.lambda_functions.pool import NoWorkerError, WorkerPool
from localcloud.cloud.lambda_functions.specification import (
    FunctionSpecification,
    new_log_stream,
    runs_here,
    worker_environment,
)
from localcloud.cloud.lambda_functions.worker import (
    INIT_TIMEOUT_SECONDS,
    Ending,
    Outcome,
    Worker,
)

LogWriter = Callable[[FunctionSpecification, str, list[str]], None]
"""Puts lines into a log stream: the function, the stream's name, the lines."""


class ThrottledError(Exception):
    """The invocation is refused for its concurrency; `reason` is AWS's name of the limit."""

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.")
        self.reason = reason


@dataclass(frozen=True)
class Invocation:
    """The result of one invocation: JSON payload, whether it is an error, and the log's text."""

    request_id: str
    payload: str
    failed: bool
    log: str


class FunctionExecutor:
    """Runs functions for real, each in warm workers of its own."""

    def __init__(self, folder: Path, endpoint_url: str, write_log: LogWriter) -> None:
        self._folder = folder
        self._endpoint_url = endpoint_url
        self._write_log = write_log
        self._code = CodeStore(folder / "code")
        self._managed_runtime = managed_runtime.build(folder / "runtime")
        self._pool = WorkerPool(self._start_worker)
        self._running: Counter[str] = Counter()
        self._running_lock = threading.Lock()

    def invoke(
        self,
        specification: FunctionSpecification,
        event: Any,
        *,
        reserved_concurrency: int | None = None,
        request_id: str | None = None,
    ) -> Invocation:
        """Run the function once and wait for it.

        Raises ThrottledError when its reserved concurrency, or every worker, is in use.
        """
        request_id = request_id or str(uuid4())
        if not runs_here(specification.runtime):
            return _unsupported(specification, request_id)
        self._enter(specification.name, reserved_concurrency)
        try:
            try:
                worker = self._pool.acquire(specification)
            except NoWorkerError as error:
                raise ThrottledError("ConcurrentInvocationLimitExceeded") from error
            try:
                outcome = worker.invoke(
                    event,
                    _context(specification, request_id, worker),
                    specification.timeout_seconds,
                )
            finally:
                self._pool.release(specification, worker)
        finally:
            self._leave(specification.name)
        lines = log_lines(specification, request_id, outcome, worker.take_init_seconds())
        self._write_log(specification, worker.log_stream, lines)
        failed = outcome.ending is not Ending.SUCCEEDED
        payload = outcome.payload or failure_payload(specification, request_id, outcome)
        return Invocation(request_id, payload, failed, "\n".join(lines) + "\n")

    def stop(self) -> None:
        """End every worker."""
        self._pool.stop()

    def _start_worker(self, specification: FunctionSpecification) -> Worker:
        code = self._code.unpack(specification.code)
        layers = [self._code.unpack(layer) for layer in specification.layers]
        temporary = self._folder / "tmp" / specification.name
        temporary.mkdir(parents=True, exist_ok=True)
        log_stream = new_log_stream(specification)
        return Worker(
            code=code,
            layers=layers,
            managed_runtime=self._managed_runtime,
            environment=worker_environment(
                specification,
                log_stream=log_stream,
                task_root=str(code),
                managed_runtime=str(self._managed_runtime),
                temporary_folder=str(temporary),
                endpoint_url=self._endpoint_url,
            ),
            log_stream=log_stream,
        )

    def _enter(self, name: str, reserved_concurrency: int | None) -> None:
        with self._running_lock:
            if reserved_concurrency is not None and self._running[name] >= reserved_concurrency:
                raise ThrottledError("ReservedFunctionConcurrentInvocationLimitExceeded")
            self._running[name] += 1

    def _leave(self, name: str) -> None:
        with self._running_lock:
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]


def log_lines(
    specification: FunctionSpecification,
    request_id: str,
    outcome: Outcome,
    init_seconds: float | None,
) -> list[str]:
    """Return the log of an invocation, platform lines included ("Lambda log formats": text)."""
    milliseconds = outcome.duration_seconds * 1000
    lines = [f"START RequestId: {request_id} Version: {specification.version}"]
    lines.extend(line for line in outcome.printed.split("\n") if line)
    if outcome.ending is Ending.TIMED_OUT:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        seconds = specification.timeout_seconds
        lines.append(f"{now} {request_id} Task timed out after {seconds:.2f} seconds")
    lines.append(f"END RequestId: {request_id}")
    report = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {int(milliseconds) + 1} ms",
        f"Memory Size: {specification.memory_mb} MB",
    ]
    if init_seconds is not None:
        report.append(f"Init Duration: {init_seconds * 1000:.2f} ms")
    lines.append("\t".join(report))
    return lines


def failure_payload(specification: FunctionSpecification, request_id: str, outcome: Outcome) -> str:
    """Return the payload of an invocation that ended without an answer of the function."""
    if outcome.ending in (Ending.TIMED_OUT, Ending.INIT_TIMED_OUT):
        limit = specification.timeout_seconds
        if outcome.ending is Ending.INIT_TIMED_OUT:
            limit = INIT_TIMEOUT_SECONDS
        error_type, what = "Sandbox.Timedout", f"Task timed out after {limit:.2f} seconds"
    elif outcome.exit_status == 0:
        error_type, what = "Runtime.ExitError", "Runtime exited without providing a reason"
    elif outcome.exit_status is not None and outcome.exit_status < 0:
        error_type = "Runtime.ExitError"
        what = f"Runtime exited with error: signal: {-outcome.exit_status}"
    else:
        error_type = "Runtime.ExitError"
        what = f"Runtime exited with error: exit status {outcome.exit_status}"
    message = f"RequestId: {request_id} Error: {what}"
    return json.dumps({"errorType": error_type, "errorMessage": message})


def _context(
    specification: FunctionSpecification, request_id: str, worker: Worker
) -> dict[str, Any]:
    return {
        "aws_request_id": request_id,
        "function_name": specification.name,
        "function_version": specification.version,
        "invoked_function_arn": specification.arn,
        "memory_limit_in_mb": str(specification.memory_mb),
        "log_group_name": specification.log_group,
        "log_stream_name": worker.log_stream,
        "trace_id": (
            f"Root=1-{int(time.time()):x}-{secrets.token_hex(12)};"
            f"Parent={secrets.token_hex(8)};Sampled=0"
        ),
    }


def _unsupported(specification: FunctionSpecification, request_id: str) -> Invocation:
    message = (
        f"The laptop cloud runs Python functions only, not {specification.runtime!r} "
        f"({specification.name})"
    )
    payload = json.dumps({"errorType": "Runtime.Unsupported", "errorMessage": message})
    return Invocation(request_id, payload, failed=True, log=f"{message}\n")
