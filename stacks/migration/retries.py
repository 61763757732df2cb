"""Which errors a task of a workflow repeats, and how soon: one answer for each service.

A definition names retries only where they differ from these. Error names: Step Functions Developer
Guide, "Handling errors in Step Functions workflows" and the pages of the service integrations; an
error that an SDK's model does not have is called after its service (``S3.S3Exception``).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

State = dict[str, Any]

LAMBDA_INVOKE = "lambda:invoke"

_UNCERTAIN = (
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Lambda.Unknown",
    "States.Timeout",
    "SideUnavailableError",
    "ContendedError",
    "SecretError",
    "RouteError",
)
"""The function may have begun. Those of this layer may all be called again, but see `Cutover`."""

_UNSETTLED = ("UnsettledError",)
"""A side or Parameter Store could not be reached, so the answer is worth a long wait."""


def _retry(
    errors: tuple[str, ...], *, interval: int, attempts: int, longest: int
) -> Mapping[str, Any]:
    """Return a retrier; times in seconds. Full jitter keeps parallel executions apart."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": interval,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        "MaxDelaySeconds": longest,
        "JitterStrategy": "FULL",
    }


RETRIES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    LAMBDA_INVOKE: (
        _retry(
            (
                "Lambda.TooManyRequestsException",
                "Lambda.ServiceException",
                "Lambda.AWSLambdaException",
                "Lambda.SdkClientException",
                "Lambda.ClientExecutionTimeoutException",
            ),
            interval=1,
            attempts=6,
            longest=30,
        ),
        _retry(_UNCERTAIN, interval=1, attempts=4, longest=20),
        _retry(_UNSETTLED, interval=1, attempts=8, longest=60),
    ),
    "aws-sdk:ssm": (
        _retry(
            (
                "Ssm.InternalServerErrorException",
                "Ssm.ThrottlingException",
                "Ssm.TooManyUpdatesException",
                "Ssm.SsmException",
                "Ssm.SdkClientException",
                "States.Timeout",
            ),
            interval=1,
            attempts=4,
            longest=10,
        ),
    ),
    "aws-sdk:databasemigration": (
        _retry(
            (
                "DatabaseMigration.DatabaseMigrationException",
                "DatabaseMigration.SdkClientException",
                "States.Timeout",
            ),
            interval=2,
            attempts=4,
            longest=20,
        ),
    ),
    "aws-sdk:s3": (
        _retry(
            ("S3.S3Exception", "S3.SdkClientException", "States.Timeout"),
            interval=1,
            attempts=4,
            longest=15,
        ),
    ),
    "aws-sdk:cloudwatch": (
        _retry(
            (
                "CloudWatch.CloudWatchException",
                "CloudWatch.InternalServiceException",
                "CloudWatch.SdkClientException",
                "States.Timeout",
            ),
            interval=1,
            attempts=4,
            longest=15,
        ),
    ),
    "aws-sdk:sfn": (
        _retry(
            ("Sfn.SfnException", "Sfn.SdkClientException", "States.Timeout"),
            interval=1,
            attempts=4,
            longest=15,
        ),
    ),
    "states:startExecution": (
        _retry(
            (
                "StepFunctions.SfnException",
                "StepFunctions.AWSStepFunctionsException",
                "StepFunctions.SdkClientException",
                "StepFunctions.ExecutionLimitExceededException",
            ),
            interval=1,
            attempts=5,
            longest=20,
        ),
    ),
    "events:putEvents": (
        _retry(
            ("EventBridge.FailedEntry", "States.TaskFailed", "States.Timeout"),
            interval=1,
            attempts=4,
            longest=10,
        ),
    ),
}
"""By the beginning of a task's resource, after ``arn:…:states:::``."""


def with_retries(definition: str) -> str:
    """Return the definition with each task's retries: its own, else those of its service.

    Raises KeyError, with the resource, for a task of a service that has none here.
    """
    machine: dict[str, Any] = json.loads(definition)
    for task in tasks(machine):
        task.setdefault("Retry", [dict(retry) for retry in _of(task["Resource"])])
    return json.dumps(machine, ensure_ascii=False)


def tasks(machine: Mapping[str, Any]) -> Iterator[State]:
    """Yield every task of a definition, those inside its maps too."""
    for state in machine["States"].values():
        if state["Type"] == "Task":
            yield state
        elif state["Type"] == "Map":
            yield from tasks(state["ItemProcessor"])


def _of(resource: str) -> tuple[Mapping[str, Any], ...]:
    action = resource.split(":::", 1)[1]
    for beginning, retries in RETRIES.items():
        if action.startswith(beginning):
            return retries
    raise KeyError(resource)
