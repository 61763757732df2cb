"""What the function answers: a verdict, and the findings as plain JSON, bounded in size."""

import json
from collections.abc import Sequence
from typing import Any

from functions.preflight.model import Finding, Severity

GREATEST_NUMBER = 200
GREATEST_BYTES = 100_000
"""Of all findings: Step Functions allows 256 KiB for the state that they become part of."""

LONGEST_TEXT = 2_000
"""Characters of one field. A statement is left out when it is longer: cut, it would be another."""

READY, BLOCKED = "ready", "blocked"


def report(findings: Sequence[Finding], catalogue_hash: str) -> dict[str, Any]:
    """Return the answer for findings that are sorted by weight; what does not fit is counted."""
    blocking = _count(findings, Severity.BLOCKING)
    listed: list[dict[str, Any]] = []
    size = 0
    for finding in findings[:GREATEST_NUMBER]:
        entry = _entry(finding)
        size += len(json.dumps(entry))
        if size > GREATEST_BYTES:
            break
        listed.append(entry)
    if len(listed) < len(findings):
        # The count takes a place itself.
        listed = listed[: GREATEST_NUMBER - 1]
        listed.append(_rest(findings[len(listed) :]))
    return {
        "verdict": BLOCKED if blocking else READY,
        "blocking": blocking,
        "warnings": _count(findings, Severity.WARNING),
        "catalogue_hash": catalogue_hash,
        "findings": listed,
    }


def _count(findings: Sequence[Finding], severity: Severity) -> int:
    return sum(finding.severity is severity for finding in findings)


def _entry(finding: Finding) -> dict[str, Any]:
    fix = finding.fix if finding.fix is None or len(finding.fix) <= LONGEST_TEXT else None
    return {
        "severity": str(finding.severity),
        "check": finding.check,
        "side": str(finding.side),
        "object": _cut(finding.object),
        "why": _cut(finding.why),
        "fix": fix,
    }


def _rest(findings: Sequence[Finding]) -> dict[str, Any]:
    counts = ", ".join(f"{_count(findings, severity)} {severity}" for severity in Severity)
    return {
        "severity": str(findings[0].severity),
        "check": "more-findings",
        "side": str(findings[0].side),
        "object": f"{len(findings)} more findings",
        "why": f"They did not fit into this answer: {counts}.",
        "fix": None,
    }


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_TEXT else value[: LONGEST_TEXT - 1] + "…"
