"""Lambda entry point of the cutover, called by the migration's and the rollback's workflow.

    {"action": "prepare" | "mark" | "settle" | "status", "run": name}
    {"action": "cutover", "to": "target" | "source", "run": name}

Errors reach the workflow by their class name ("Handling errors in Step Functions workflows", Step
Functions Developer Guide): UnusableInputError, which no repetition helps, and UnsettledError,
after which settle has to be called until it answers. Their messages name objects of the schema,
never values.
"""

import functools
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.cutover.answers import Answer
from functions.cutover.errors import CutoverError, made_public
from functions.cutover.request import Action, Request
from functions.cutover.run import Actions
from functions.cutover.settings import Settings
from functions.cutover.wiring import actions
from functions.runtime.settings import load

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do what is asked for. Raises UnusableInputError and UnsettledError."""
    remaining: int = context.get_remaining_time_in_millis()
    try:
        with made_public():
            request = Request.parse(event)
            logger.append_keys(run=request.run, action=request.action.value)
            answer = _act(_actions(), request, remaining / 1000).document()
    except CutoverError as error:
        logger.warning("not done", extra={"error": type(error).__name__, "reason": str(error)})
        raise
    logger.info("done", extra=answer)
    return answer


def _act(actions: Actions, request: Request, remaining: float) -> Answer:
    match request:
        case Request(Action.PREPARE, run):
            return actions.prepare(run)
        case Request(Action.MARK, run):
            return actions.mark(run)
        case Request(Action.SETTLE, run):
            return actions.settle(run)
        case Request(Action.CUTOVER, run, to) if to is not None:
            return actions.cutover(to, run, remaining)
        case _:
            return actions.status()


@functools.cache
def _actions() -> Actions:
    return actions(load(Settings))
