"""Metrics that lines of a log carry, in CloudWatch's embedded metric format.

CloudWatch makes metrics of such lines by itself when they come into a log group ("Specification:
Embedded metric format", Amazon CloudWatch User Guide). moto does not look into lines.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_MOST_VALUES = 100
"""Values of one metric in one line, by the specification."""


@dataclass(frozen=True)
class Datum:
    """Values of one metric: what moto takes as a member of PutMetricData's ``MetricData``."""

    namespace: str
    data: dict[str, Any]


def extract(line: str) -> list[Datum]:
    """Return the metrics of a line, none for any other line.

    What the specification calls invalid is left out, as CloudWatch does: without a complaint.
    """
    if not line.startswith("{") or '"_aws"' not in line:
        return []
    try:
        document = json.loads(line)
        metadata = document["_aws"]
        # moto compares times in UTC that do not say so.
        moment = datetime.fromtimestamp(metadata["Timestamp"] / 1000, UTC).replace(tzinfo=None)
        return [
            datum
            for directive in metadata["CloudWatchMetrics"]
            for datum in _of_directive(document, directive, moment)
        ]
    except (ValueError, KeyError, TypeError, OverflowError):
        return []


def _of_directive(
    document: dict[str, Any], directive: dict[str, Any], moment: datetime
) -> Iterator[Datum]:
    for metric in directive["Metrics"]:
        values = _values(document.get(metric["Name"]))
        for names in directive["Dimensions"] if values else ():
            yield Datum(
                directive["Namespace"],
                {
                    "MetricName": metric["Name"],
                    "Values": values,
                    "Unit": metric.get("Unit", "None"),
                    "Timestamp": moment,
                    "Dimensions": [
                        {"Name": name, "Value": str(document[name])} for name in sorted(names)
                    ],
                },
            )


def _values(member: Any) -> list[float]:
    """Return a metric's values: a number or a list of numbers; anything else is none."""
    values = member if isinstance(member, list) else [member]
    numbers = all(isinstance(value, int | float) for value in values)
    return [float(value) for value in values] if numbers and len(values) <= _MOST_VALUES else []
