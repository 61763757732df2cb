"""Times in the context object: ISO 8601 text, in UTC and with milliseconds.

"Accessing execution data from the Context object" (Step Functions Developer Guide) shows
``"StartTime": "2025-08-27T10:04:42.001Z"``. moto's interpreter puts an object there, no JSON.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.backend.execution import Execution

from localcloud.cloud.patching import wrap


def install() -> None:
    """Repair the times of executions and of states."""
    wrap(Execution, "get_start_execution_details", _execution_details)
    setattr(state, "StateData", _state_data)  # noqa: B010 - a type's name, to mypy no variable


def iso_text(moment: datetime) -> str:
    """Return a moment as AWS writes it in JSON, for example ``2025-08-27T10:04:42.001Z``."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _execution_details(stock: Callable[..., Any], execution: Execution) -> Any:
    details = stock(execution)
    details.start_time = iso_text(execution.start_date)
    return details


def _state_data(**members: Any) -> dict[str, Any]:
    return {**members, "EnteredTime": iso_text(datetime.fromisoformat(members["EnteredTime"]))}
