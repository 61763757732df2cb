"""Lambda entry point of the preflight, called by the migration's state machine.

    {"run": name, "phase": "before_load" | "before_cutover", "catalogue_hash": text or absent}

It answers `{"verdict": "ready" | "blocked", "blocking": n, "warnings": n, "catalogue_hash": text,
"findings": [{"severity", "check", "side", "object", "why", "fix"}]}` (see report). Errors reach
the state machine by their class name: UnusableInputError is no use repeating, SideUnavailableError
and LoginFailedError are.
"""

import functools
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.preflight import metrics
from functions.preflight.checks import drift
from functions.preflight.errors import UnusableInputError
from functions.preflight.fingerprint import fingerprint, parse
from functions.preflight.inspection import inspect
from functions.preflight.model import Phase
from functions.preflight.registry import CHECKS
from functions.preflight.report import report
from functions.preflight.settings import Settings
from functions.preflight.wiring import Surroundings
from functions.runtime.route import Side
from functions.runtime.settings import load

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Make a preflight. Raises functions.runtime.errors.FunctionError."""
    run, phase, catalogue_hash = _request(event)
    surroundings = _surroundings()
    situation = surroundings.situation(phase, catalogue_hash)
    with surroundings.probes(situation) as probes:
        findings = inspect(CHECKS, probes, situation)
        found = fingerprint(row[0] for row in drift.read(probes[Side.SOURCE]))
    answer = report(findings, found.text)
    settings = surroundings.settings
    metrics.emit(settings.environment, settings.powertools_service_name, phase, answer)
    logger.info("preflight made", extra={"run": run, "phase": str(phase), **answer})
    return answer


def _request(event: dict[str, Any]) -> tuple[str, Phase, str | None]:
    """Return the run, the phase and the hash; raises UnusableInputError."""
    match event:
        case {"run": str(run), "phase": "before_load" | "before_cutover" as phase} if run:
            given = event.get("catalogue_hash")
        case _:
            raise UnusableInputError("the request is not {run, phase: before_load|before_cutover}")
    if given is not None:
        if not isinstance(given, str):
            raise UnusableInputError("catalogue_hash is no text")
        parse(given)
    return run, Phase(phase), given


@functools.cache
def _surroundings() -> Surroundings:
    return Surroundings(load(Settings))
