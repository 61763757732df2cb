"""The program inside a Lambda worker: what AWS's Python runtime does, on two pipes.

Run as ``python -I -S worker_main.py RESPONSE_DESCRIPTOR SEARCH_PATH...`` with one JSON request a
line on standard input and one JSON answer a line on the response descriptor; everything that the
function prints goes to the worker's log. Ends at once when its input ends, even in the middle of
an invocation, so that a killed daemon leaves no worker. Standard library only.

The forms of errors follow AWS's runtime interface client for Python (``awslambdaric``).
"""

import contextlib
import importlib
import json
import logging
import math
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TextIO

Handler = Callable[[Any, Any], Any]


class InitializationError(Exception):
    """The function's module or handler cannot be loaded; carries the payload that AWS returns."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(payload["errorMessage"])
        self.payload = payload


class LambdaContext:
    """The context object ("Using the Lambda context object to retrieve Python function info")."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.aws_request_id: str = values["aws_request_id"]
        self.function_name: str = values["function_name"]
        self.function_version: str = values["function_version"]
        self.invoked_function_arn: str = values["invoked_function_arn"]
        self.memory_limit_in_mb: str = values["memory_limit_in_mb"]
        self.log_group_name: str = values["log_group_name"]
        self.log_stream_name: str = values["log_stream_name"]
        self.client_context: Any = values.get("client_context")
        self.identity = None
        self._deadline: float = values["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before the invocation is killed."""
        return max(0, int((self._deadline - time.time()) * 1000))


class RequestIdFilter(logging.Filter):
    """Adds the id of the running request to every log record."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the id; lets every record pass."""
        record.aws_request_id = self.request_id
        return True


class ResponseEncoder(json.JSONEncoder):
    """Encodes what AWS's runtime does beyond plain JSON: decimals, as numbers."""

    def default(self, value: object) -> Any:
        """Return a decimal as a number; anything else is refused."""
        if isinstance(value, Decimal):
            if value.is_nan():
                return math.nan
            return int(value) if value == value.to_integral_value() else float(value)
        return super().default(value)


def configure_logging() -> RequestIdFilter:
    """Set up the root logger as AWS's runtime does (log format ``Text``, level WARNING)."""
    request_id = RequestIdFilter()
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(request_id)
    logging.getLogger().addHandler(handler)
    return request_id


def load_handler(name: str) -> Handler:
    """Import ``package/module.function``; raises InitializationError in AWS's words."""
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise InitializationError(
            _error("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values")
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise InitializationError(_error("Runtime.ImportModuleError", message)) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise InitializationError(_error("Runtime.UserCodeSyntaxError", message)) from error
    except Exception as error:
        raise InitializationError(_error_of(error)) from error
    handler = getattr(module, function_name, None)
    if not callable(handler):
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise InitializationError(_error("Runtime.HandlerNotFound", message))
    found: Handler = handler
    return found


def invoke(handler: Handler, event: Any, context: LambdaContext) -> tuple[bool, str]:
    """Call the handler; return whether it succeeded, and the payload as JSON."""
    try:
        result = handler(event, context)
    except Exception as error:
        failure = _error_of(error)
        print(_error_line(failure))
        return False, json.dumps(failure)
    try:
        return True, json.dumps(result, cls=ResponseEncoder)
    except (TypeError, ValueError) as error:
        failure = _error("Runtime.MarshalError", f"Unable to marshal response: {error}")
        print(_error_line(failure))
        return False, json.dumps(failure)


def _error(error_type: str, message: str, trace: list[str] | None = None) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": error_type, "stackTrace": trace or []}


def _error_of(error: Exception) -> dict[str, Any]:
    """Return the payload for an exception; the frames of this program are left out."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__
    ]
    frames = [frame for frame in frames if not frame.filename.startswith("<frozen importlib")]
    return _error(type(error).__name__, str(error), traceback.format_list(frames))


def _error_line(failure: dict[str, Any]) -> str:
    """Return the log entry of an error, one line: AWS joins its lines with carriage returns."""
    lines = [f"[ERROR] {failure['errorType']}: {failure['errorMessage']}"]
    if failure["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines.extend(line.rstrip("\n").replace("\n", "\r") for line in failure["stackTrace"])
    return "\r".join(lines).replace("\n", "\r")


def _watch_input(stream: TextIO, requests: "queue.Queue[dict[str, Any]]") -> None:
    """Hand on the requests; end the whole process when there can be no more."""
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            requests.put(json.loads(line))
    os._exit(0)


def _take_over_descriptors(response_descriptor: int) -> tuple[TextIO, TextIO]:
    """Return the request and response streams; the function's standard input becomes empty."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.set_inheritable(response_descriptor, False)
    return requests, os.fdopen(response_descriptor, "w", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Initialise the function, then answer requests until the input ends."""
    stream, responses = _take_over_descriptors(int(arguments[0]))
    search_path, runtime = arguments[1:-1], arguments[-1]
    sys.path[:0] = search_path
    sys.path.append(runtime)
    pending: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_watch_input, args=(stream, pending), daemon=True).start()

    def answer(message: dict[str, Any]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        responses.write(json.dumps(message) + "\n")
        responses.flush()

    request_id = configure_logging()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except InitializationError as error:
        print(_error_line(error.payload))
        answer({"initialized": False, "payload": json.dumps(error.payload)})
        return
    answer({"initialized": True})
    while True:
        request = pending.get()
        context = LambdaContext(request["context"])
        request_id.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = request["trace_id"]
        succeeded, payload = invoke(handler, request["event"], context)
        answer({"succeeded": succeeded, "payload": payload})


if __name__ == "__main__":
    main(sys.argv[1:])
