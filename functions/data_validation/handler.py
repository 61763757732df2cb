"""Lambda entry point of data validation, called by its state machine.

    {"action": "plan", "execution": name, "request": {…}}  (request has the form of `request`)
    {"action": "compare", "run": name, "item": number}
    {"action": "finish", "run": name}

Errors reach the state machine by their class name ("Handling errors in Step Functions workflows",
Step Functions Developer Guide): it knows which of them are worth repeating. Their messages name
objects of the schema, never values.
"""

import functools
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.data_validation.errors import UnusableInputError
from functions.data_validation.settings import Settings
from functions.data_validation.steps import Steps
from functions.data_validation.wiring import DeployedSurroundings
from functions.runtime.settings import load

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take one step of a run. Raises functions.runtime.errors.FunctionError."""
    action = event.get("action")

    def remaining() -> float:
        milliseconds: int = context.get_remaining_time_in_millis()
        return milliseconds / 1000

    match event:
        case {"action": "plan", "execution": str(execution), "request": request}:
            answer = _steps().plan(request, execution, remaining)
        case {"action": "compare", "run": str(run), "item": int(number)}:
            answer = _steps().compare(run, number, remaining)
        case {"action": "finish", "run": str(run)}:
            answer = _steps().finish(run, remaining)
        case _:
            raise UnusableInputError(
                f"action {action!r} with {', '.join(sorted(event)) or 'nothing'} is none of plan"
                " (execution, request), compare (run, item) and finish (run)"
            )
    logger.info(f"{action} done", extra=answer)
    return answer


@functools.cache
def _steps() -> Steps:
    return Steps(DeployedSurroundings(load(Settings)))
