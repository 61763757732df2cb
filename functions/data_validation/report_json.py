"""The JSON form of a report: what docs/validation-report.schema.json describes.

It follows the report's fields, and adds what a reader would otherwise have to work out: the
outcome of each table and of the whole, and the exit code.
"""

from collections.abc import Mapping
from typing import Any

from functions.data_validation.direction import with_direction
from functions.data_validation.errors import CheckpointError
from functions.data_validation.plain_data import dumped, loaded
from functions.data_validation.report import Report

VERSION = 1
"""Raised when a field changes its meaning or goes away; a reader may rely on the rest."""

_WHOLE = ("version", "outcome", "exit_code")


def to_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON's types. The order of everything in it is stable."""
    document = dumped(report)
    for table, of in zip(document["tables"], report.tables, strict=True):
        table["outcome"] = of.outcome.value
    derived = (VERSION, report.outcome.value, int(report.exit_code))
    return {**dict(zip(_WHOLE, derived, strict=True)), **document}


def from_json(document: Mapping[str, Any]) -> Report:
    """Return the report that `to_json` wrote. Raises CheckpointError for any other document."""
    version = document.get("version")
    if version != VERSION:
        raise CheckpointError(f"the report has version {version!r}, this program reads {VERSION}")
    tables = [
        {name: value for name, value in table.items() if name != "outcome"}
        for table in document.get("tables", ())
    ]
    rest = {name: value for name, value in document.items() if name not in _WHOLE}
    if "conditions" in rest:
        rest["conditions"] = with_direction(rest["conditions"])
    return loaded(Report, {**rest, "tables": tables}, "report")
