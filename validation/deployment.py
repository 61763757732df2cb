"""Starts the deployed validation, follows it, and fetches its report.

Sources: AWS Step Functions API Reference, "StartExecution" (a name is one execution's for 90 days)
and "DescribeExecution"; AWS Lambda API Reference, "GetFunctionConfiguration".
"""

import json
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from deploy.aws import client, required_output, running_cloud
from deploy.errors import CommandError, UsageError
from deploy.interrupts import on_interrupt
from deploy.layers import check_environment
from deploy.local import LocalEnvironment
from functions.data_validation import report_json
from functions.data_validation.checkpoints import REPORT, S3Store
from functions.data_validation.direction import Direction
from functions.data_validation.report import Report
from functions.runtime.errors import FunctionError
from functions.runtime.route import RouteReader
from shared.contracts import DataOutputs, MigrationOutputs
from validation.errors import UnverifiedError
from validation.follow import Follower
from validation.options import Arguments, Options
from validation.progress import show_progress

POLL_SECONDS = 1.0
RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
_RUN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNUSABLE = "UnusableInputError"
_ONLY_BY_URL = ("source_replica_url", "checkpoint", "statement_timeout")


def compare_deployed(arguments: Arguments, options: Options, console: Console) -> Report | None:
    """Run the deployed validation; None when interrupted, while the run itself goes on.

    Raises UsageError when nothing was compared, UnverifiedError when the run failed or could not
    be followed.
    """
    try:
        return _compare(arguments, options, console)
    except (BotoCoreError, ClientError, FunctionError) as error:
        raise UnverifiedError(f"the deployed validation cannot be followed: {error}") from error


def _compare(arguments: Arguments, options: Options, console: Console) -> Report | None:
    _refuse_what_has_no_effect(arguments)
    run = arguments.run or f"validation-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if not _RUN.fullmatch(run):
        raise UsageError(f"--run {run}: give 1 to 64 letters, digits, hyphens or underscores")
    deployed = _Deployed(LocalEnvironment(check_environment(arguments.environment)), run)
    report = deployed.report()
    if report is not None:
        console.print(f"run {run} was finished at {report.ended}; a new run compares anew")
        return report
    interrupted = threading.Event()
    with on_interrupt(interrupted.set):
        execution = deployed.running() or deployed.start(
            _request(run, options, deployed.direction())
        )
        console.print(f"run {run}: {execution}", soft_wrap=True)
        with show_progress(console) as watch:
            ended = deployed.await_end(execution, Follower(deployed.store, watch), interrupted)
    if not ended:
        print(f"the run goes on\nnext: invoke validate --run {run} follows it", file=sys.stderr)
        return None
    report = deployed.report()
    if report is None:
        raise UnverifiedError(f"run {run} succeeded without a report")
    return report


class _Deployed:
    """The state machine, the function and the checkpoints of one run."""

    def __init__(self, local: LocalEnvironment, run: str) -> None:
        cloud = running_cloud(local)
        layer = MigrationOutputs.layer
        self._run = run
        self._machine = required_output(local, layer, "validation_state_machine_arn")
        self._states = client("stepfunctions", cloud)
        route = required_output(local, DataOutputs.layer, "route_parameter_name")
        self._route = RouteReader(client("ssm", cloud), route)
        function = client("lambda", cloud).get_function_configuration(
            FunctionName=required_output(local, layer, "validation_function_name")
        )
        variables = function["Environment"]["Variables"]
        self.store = S3Store(
            client("s3", cloud),
            variables["CHECKPOINTS_BUCKET"],
            f"{variables['CHECKPOINT_PREFIX']}/{run}",
        )

    def report(self) -> Report | None:
        """Return the run's report, None while there is none."""
        document = self.store.load(REPORT)
        return None if document is None else report_json.from_json(document)

    def direction(self) -> Direction:
        """Return in which direction replication brings what is written now. Raises RouteError."""
        return Direction.of_traffic(self._route.read().active)

    def running(self) -> str | None:
        """Return the execution that works on the run now, if any."""
        pages = self._states.get_paginator("list_executions").paginate(
            stateMachineArn=self._machine, statusFilter=RUNNING
        )
        for page in pages:
            for execution in page["executions"]:
                arn = str(execution["executionArn"])
                if self._run_of(arn) == self._run:
                    return arn
        return None

    def start(self, request: Mapping[str, Any]) -> str:
        """Start an execution, named after the run and the time: a run may need several."""
        answer = self._states.start_execution(
            stateMachineArn=self._machine,
            name=f"{self._run}-{datetime.now(UTC):%H%M%S%f}",
            input=json.dumps(request),
        )
        return str(answer["executionArn"])

    def await_end(self, execution: str, follower: Follower, interrupted: threading.Event) -> bool:
        """Follow an execution to its end; return False if interrupted before.

        Raises UsageError or UnverifiedError if it failed.
        """
        while not interrupted.is_set():
            description = self._states.describe_execution(executionArn=execution)
            if description["status"] == SUCCEEDED:
                return True
            if description["status"] != RUNNING:
                raise _failure(self._run, description)
            follower.look()
            interrupted.wait(POLL_SECONDS)
        return False

    def _run_of(self, execution: str) -> str:
        description = self._states.describe_execution(executionArn=execution)
        request = json.loads(description["input"])
        name: str = request.get("run", description["name"])
        return name


def _refuse_what_has_no_effect(arguments: Arguments) -> None:
    for field in _ONLY_BY_URL:
        if getattr(arguments, field) is not None:
            option = "--" + field.replace("_", "-")
            raise UsageError(
                f"{option} is for a comparison by --source-url and --target-url;"
                " without them the deployed validation is run"
            )


def _request(run: str, options: Options, direction: Direction) -> dict[str, Any]:
    """Return the state machine's input; what is left out has its default in Parameter Store."""
    chosen = {
        "direction": direction.value,
        "replication": options.replication,
        "concurrency": options.concurrency,
        "max_rate": options.max_rate,
        "recheck_seconds": options.recheck_seconds,
        "compare_schema": options.compare_schema,
        "ignored": list(options.ignored),
    }
    request: dict[str, Any] = {
        "run": run,
        "options": {name: value for name, value in chosen.items() if value is not None},
    }
    if options.schemas:
        request["schemas"] = list(options.schemas)
    if options.tables:
        request["tables"] = list(options.tables)
    return request


def _failure(run: str, description: Mapping[str, Any]) -> CommandError:
    """Return what an execution failed of: unusable input says itself what to change."""
    cause = str(description.get("cause", ""))
    message = _message(cause)
    if _UNUSABLE in cause:
        return UsageError(message)
    return UnverifiedError(
        f"run {run} {str(description['status']).lower()}: {message}\n"
        f"next: invoke validate --run {run} goes on with it"
    )


def _message(cause: str) -> str:
    """Return the message in a failed function's cause, `Error: {"errorMessage": …}`."""
    _, _, document = cause.partition(": ")
    try:
        return str(json.loads(document)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause or "no cause was given"
