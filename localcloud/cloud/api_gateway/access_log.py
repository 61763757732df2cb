"""Access log lines: the stage's format with its ``$context`` variables filled in.

"Variables for access logging for API Gateway": a variable without a value is written ``-``.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_VARIABLE = re.compile(r"\$context\.([A-Za-z][A-Za-z0-9_.]*[A-Za-z0-9_])")


def line(log_format: str, context: Mapping[str, Any]) -> str:
    """Return one line; `context` is nested as the names are, ``identity.sourceIp`` for one."""

    def value(match: re.Match[str]) -> str:
        found: Any = context
        for part in match.group(1).split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return "-" if found is None or isinstance(found, Mapping) else _text(found)

    return _VARIABLE.sub(value, log_format)


def request_time(moment: datetime) -> str:
    """Return a moment in the common log format, as ``requestTime`` has it."""
    return moment.strftime("%d/%b/%Y:%H:%M:%S %z")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
