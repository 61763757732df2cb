"""What a run is asked for: the workflow's input, over the defaults in Parameter Store.

    {"run": "before-cutover", "schemas": ["payments"], "tables": ["payments.payments"],
     "options": {"concurrency": 4, "max_rate": 50000, "recheck_seconds": 60, "replication": "auto",
                 "direction": "forward", "rows_per_item": 2000000, "seed": 0,
                 "compare_schema": true, "ignored": []}}

Everything may be left out. With the direction `reverse` the target has the traffic and the source
follows it; both keep their names. What decides the verdict (the selection) is fixed once a run has
begun; what decides only its load and patience (the options) may change when it is gone on with.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.data_validation.direction import Direction
from functions.data_validation.errors import UnusableInputError
from functions.data_validation.preparation import Selection

_RUN = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIELDS = frozenset({"run", "schemas", "tables", "options"})
_NUMBERS = {"concurrency": 1, "max_rate": 0, "recheck_seconds": 0, "rows_per_item": 1, "seed": 0}
"""Options that are whole numbers, and the least of each."""

_OTHERS = frozenset({"replication", "direction", "compare_schema", "ignored"})


@dataclass(frozen=True)
class Options:
    """Load and patience. `max_rate` is in rows a second of all items together, None for no limit.

    `recheck_seconds` is how long a row that differs may take to become equal.
    """

    concurrency: int
    max_rate: int | None
    recheck_seconds: float

    @property
    def rate_of_item(self) -> int | None:
        """The share of the rate that one of the items at work has."""
        return None if self.max_rate is None else max(1, self.max_rate // self.concurrency)


@dataclass(frozen=True)
class Request:
    """A run's name, what it compares, and how."""

    run: str
    selection: Selection
    options: Options


def parse(request: Any, execution: str, defaults: Mapping[str, str]) -> Request:
    """Return the request that a workflow's input is; an execution names a run that has no name.

    `defaults` are the parameters by name, as text. Raises UnusableInputError, which says what is
    wrong with what.
    """
    if not isinstance(request, dict):
        raise UnusableInputError("the input is not a JSON object")
    _refuse_unknown("the input", request, _FIELDS)
    options = request.get("options", {})
    if not isinstance(options, dict):
        raise UnusableInputError("options is not a JSON object")
    _refuse_unknown("options", options, _NUMBERS.keys() | _OTHERS)
    run = request.get("run", execution)
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise UnusableInputError("run is not 1 to 80 letters, digits, hyphens or underscores")
    numbers = {name: _number(name, options, defaults) for name in _NUMBERS}
    return Request(
        run,
        Selection(
            schemas=_names("schemas", request.get("schemas")),
            tables=_names("tables", request.get("tables")),
            replication=_text(
                "replication", options.get("replication", defaults.get("replication", "auto"))
            ),
            seed=numbers["seed"],
            compare_schema=_truth("compare_schema", options.get("compare_schema", True)),
            ignored=_names("ignored", options.get("ignored")) or (),
            rows_per_item=numbers["rows_per_item"],
            direction=_direction(options.get("direction", Direction.FORWARD)),
        ),
        Options(
            concurrency=numbers["concurrency"],
            max_rate=numbers["max_rate"] or None,
            recheck_seconds=float(numbers["recheck_seconds"]),
        ),
    )


def _refuse_unknown(where: str, given: Mapping[str, Any], known: Any) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UnusableInputError(
            f"{where} has unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )


def _number(name: str, options: Mapping[str, Any], defaults: Mapping[str, str]) -> int:
    given = options.get(name)
    if given is None:
        try:
            given = int(defaults.get(name, _NUMBERS[name]))
        except ValueError:
            raise UnusableInputError(f"parameter {name} is not a whole number") from None
    if type(given) is not int or given < _NUMBERS[name]:
        raise UnusableInputError(f"{name} is not a whole number from {_NUMBERS[name]} up")
    return given


def _names(name: str, given: Any) -> tuple[str, ...] | None:
    """Return a list of names; an empty one asks for nothing in particular, like none at all."""
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        raise UnusableInputError(f"{name} is not a list of names")
    return tuple(given) or None


def _text(name: str, given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise UnusableInputError(f"{name} is not text")
    return given


def _direction(given: Any) -> Direction:
    for direction in Direction:
        if given == direction.value:
            return direction
    raise UnusableInputError(f"direction is none of {', '.join(Direction)}")


def _truth(name: str, given: Any) -> bool:
    if not isinstance(given, bool):
        raise UnusableInputError(f"{name} is neither true nor false")
    return given
