"""Starting, finding and describing executions of one state machine.

Source: AWS Step Functions API Reference, "StartExecution", "ListExecutions", "DescribeExecution".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from deploy.errors import UsageError
from migration.access import Access
from migration.history import Event

RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"


@dataclass(frozen=True)
class Execution:
    """One execution as it is now. `output` is its JSON document, None before a success."""

    arn: str
    name: str
    status: str
    started: datetime
    stopped: datetime | None
    given: Any
    output: Any
    error: str | None
    cause: str | None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status == RUNNING


class Executions:
    """The executions of the state machine for `purpose`."""

    def __init__(self, access: Access, purpose: str) -> None:
        """Nothing is called before use."""
        self._states = access.states
        self._environment = access.environment
        self._purpose = purpose
        self._arn = access.state_machine_arn(purpose)

    def definition(self) -> Mapping[str, Any]:
        """Return the deployed definition. Raises UsageError when there is no such workflow."""
        try:
            answer = self._states.describe_state_machine(stateMachineArn=self._arn)
        except ClientError as error:
            raise self._not_deployed(error) from error
        definition: Mapping[str, Any] = json.loads(answer["definition"])
        return definition

    def start(self, name: str, given: Mapping[str, Any]) -> str:
        """Start an execution and return its ARN. Raises UsageError if the name was used before."""
        try:
            answer = self._states.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps(given)
            )
        except self._states.exceptions.ExecutionAlreadyExists as error:
            raise UsageError(
                f"an execution named {name} has ended already, and names are not used twice\n"
                "next: leave --run out, or choose another one"
            ) from error
        except ClientError as error:
            raise self._not_deployed(error) from error
        return str(answer["executionArn"])

    def running(self) -> str | None:
        """Return the ARN of the execution that runs now, the latest if there are several."""
        return self._first(statusFilter=RUNNING)

    def latest(self) -> str | None:
        """Return the ARN of the execution that was started last, ended or not."""
        return self._first()

    def describe(self, arn: str) -> Execution:
        """Return an execution as it is now."""
        found = self._states.describe_execution(executionArn=arn)
        return Execution(
            arn=arn,
            name=found["name"],
            status=found["status"],
            started=found["startDate"],
            stopped=found.get("stopDate"),
            given=_document(found.get("input")),
            output=_document(found.get("output")),
            error=found.get("error"),
            cause=found.get("cause"),
        )

    def history(self, arn: str) -> list[Event]:
        """Return every event of an execution."""
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=arn, includeExecutionData=True
        )
        return [event for page in pages for event in page["events"]]

    def _first(self, **chosen: str) -> str | None:
        try:
            pages = self._states.get_paginator("list_executions").paginate(
                stateMachineArn=self._arn, **chosen
            )
            found = [execution for page in pages for execution in page["executions"]]
        except ClientError as error:
            raise self._not_deployed(error) from error
        newest = max(found, key=lambda execution: execution["startDate"], default=None)
        return None if newest is None else str(newest["executionArn"])

    def _not_deployed(self, error: ClientError) -> Exception:
        if error.response["Error"]["Code"] != "StateMachineDoesNotExist":
            return error
        return UsageError(
            f"the {self._purpose} workflow is not deployed in {self._environment}\n"
            "next: invoke deploy-all"
        )


def _document(text: str | None) -> Any:
    return None if text is None else json.loads(text)
