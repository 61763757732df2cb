"""The table of checks of docs/preflight.md, from the registry.

python -m functions.preflight.documentation docs/preflight.md     writes it anew
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from functions.preflight.model import BOTH_PHASES, ON_BOTH, Check, Phase
from functions.preflight.registry import CHECKS

BEGIN = "<!-- checks: written by functions/preflight/documentation.py -->"
END = "<!-- end of checks -->"
_HEADER = (
    "| check | severity | when | side | finds | because | fix |",
    "|---|---|---|---|---|---|---|",
)


def table(checks: Sequence[Check] = CHECKS) -> str:
    """Return the checks as a Markdown table."""
    return "\n".join((*_HEADER, *map(_row, checks)))


def with_table(page: str) -> str:
    """Return a page with the table between its two marks; raises ValueError without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has not both {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _row(check: Check) -> str:
    when = "both" if check.phases == BOTH_PHASES else _when(check)
    side = "both" if check.sides == ON_BOTH else check.sides[0]
    cells = (f"`{check.name}`", check.severity, when, side, check.finds, check.matters)
    return f"| {' | '.join((*cells, check.remedy))} |"


def _when(check: Check) -> str:
    return "load" if Phase.BEFORE_LOAD in check.phases else "cutover"


if __name__ == "__main__":
    [path] = map(Path, sys.argv[1:])
    path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
