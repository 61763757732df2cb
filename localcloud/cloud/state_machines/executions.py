"""Executions: names, failures of the interpreter itself, status events and logs.

Events: "Step Functions Execution Status Change" ("Automating Step Functions event delivery with
EventBridge"). Logs: "Using CloudWatch Logs to log execution history in Step Functions".
"""

import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.stepfunctions.exceptions import InvalidExecutionInput
from moto.stepfunctions.parser.api import ExecutionStatus, LogLevel
from moto.stepfunctions.parser.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    CloudWatchLoggingSession,
)
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from localcloud.cloud.events.emission import emit
from localcloud.cloud.log_delivery import LogDelivery
from localcloud.cloud.patching import wrap

log = logging.getLogger(__name__)

Stock = Callable[..., Any]

_LOG_GROUP_ARN = re.compile(
    r"arn:[^:]+:logs:(?P<region>[^:]+):(?P<account>\d+):log-group:(?P<group>[^:]+)(:\*)?"
)


def install(logs: LogDelivery) -> None:
    """Repair moto's executions."""

    def publish(_stock: Stock, session: CloudWatchLoggingSession, history_log: Any) -> None:
        _publish_history(logs, session, history_log)

    wrap(StepFunctionsParserBackend, "start_execution", _start_execution)
    wrap(StepFunctionResponse, "describe_execution", _describe_execution)
    wrap(Execution, "start", _start)
    wrap(BaseExecutionWorkerCommunication, "terminated", _terminated)
    wrap(ExecutionWorker, "_execution_logic", _execution_logic)
    wrap(CloudWatchLoggingSession, "publish_history_log", publish)


def _start_execution(
    stock: Stock,
    backend: StepFunctionsParserBackend,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    *others: Any,
    **more: Any,
) -> Any:
    """Give an unnamed execution a name: in moto all of them are the same one.

    Raises InvalidExecutionInput for input that is not JSON ("StartExecution", API reference);
    moto's own error has no code.
    """
    if execution_input is not None:
        _require_json(execution_input)
    named = name or str(uuid4())
    return stock(backend, state_machine_arn, named, execution_input, *others, **more)


def _require_json(text: str) -> None:
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error


def _refuse_constant(constant: str) -> None:
    """Refuse what Python reads beyond JSON: NaN and the infinities (RFC 8259, "Numbers")."""
    raise ValueError(f"{constant} is not JSON")


def _start(stock: Stock, execution: Execution) -> None:
    configuration = _logging_configuration(execution)
    if configuration is not None:
        execution._cloud_watch_logging_session = CloudWatchLoggingSession(  # noqa: SLF001
            execution.exec_arn, configuration
        )
    stock(execution)


def _describe_execution(stock: Stock, response: StepFunctionResponse) -> Any:
    """Show every output as JSON, and when an execution that ran out of time ended."""
    answer = stock(response)
    arn = response._get_param("executionArn")  # noqa: SLF001 - moto's way to a parameter
    execution: Any = response.stepfunction_backend.describe_execution(arn)
    if execution.exec_status == ExecutionStatus.SUCCEEDED:
        answer.result["output"] = json.dumps(execution.output)
    if execution.stop_date is not None:
        answer.result["stopDate"] = execution.stop_date
    return answer


def _terminated(stock: Stock, communication: BaseExecutionWorkerCommunication) -> None:
    stock(communication)
    _emit_status(communication.execution)


def _execution_logic(stock: Stock, worker: ExecutionWorker) -> None:
    """End an execution as failed when the interpreter fails: in moto it runs for ever.

    The event that it runs is emitted here, in its own thread: after its start it may have ended.
    """
    communication: Any = worker._execution_communication  # noqa: SLF001 - no public way
    execution = communication.execution
    _emit_status(execution)
    try:
        stock(worker)
    except Exception as error:
        log.exception("the interpreter failed in %s", execution.exec_arn)
        execution.stop_date = datetime.now(UTC)
        execution.error = "States.Runtime"
        execution.cause = f"The laptop cloud's interpreter failed: {error!r}"
        execution.exec_status = ExecutionStatus.FAILED
        _emit_status(execution)


def _emit_status(execution: Execution) -> None:
    succeeded = execution.exec_status == ExecutionStatus.SUCCEEDED
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": str(execution.status),
        "startDate": _milliseconds(execution.start_date),
        "stopDate": _milliseconds(execution.stop_date),
        "input": json.dumps(execution.input_data),
        "inputDetails": {"included": True},
        "output": json.dumps(execution.output) if succeeded else None,
        "outputDetails": {"included": True} if succeeded else None,
        "error": execution.error,
        "cause": execution.cause,
    }
    emit(
        execution.account_id,
        execution.region_name,
        source="aws.states",
        detail_type="Step Functions Execution Status Change",
        resources=[execution.exec_arn],
        detail=detail,
    )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _logging_configuration(execution: Execution) -> CloudWatchLoggingConfiguration | None:
    """Return where the history goes; moto's own reading misses groups with slashes."""
    state_machine: Any = execution.state_machine
    wanted = getattr(state_machine, "loggingConfiguration", None) or {}
    arns = [
        destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        for destination in wanted.get("destinations") or []
    ]
    named = _LOG_GROUP_ARN.fullmatch(arns[0]) if arns else None
    if named is None or wanted.get("level", "OFF") == "OFF":
        return None
    return CloudWatchLoggingConfiguration(
        state_machine_arn=state_machine.arn,
        log_account_id=named["account"],
        log_region=named["region"],
        log_group_name=named["group"],
        log_level=LogLevel(wanted["level"]),
        include_execution_data=bool(wanted.get("includeExecutionData")),
    )


def _publish_history(
    logs: LogDelivery, session: CloudWatchLoggingSession, history_log: dict[str, Any]
) -> None:
    configuration = session.configuration
    moment = datetime.fromisoformat(str(history_log["event_timestamp"]))
    record = {**history_log, "event_timestamp": str(_milliseconds(moment))}
    logs.put(
        configuration.log_account_id,
        configuration.log_region,
        configuration.log_group_name,
        configuration.log_stream_name,
        [json.dumps(record, default=str)],
        create_group=False,
    )
