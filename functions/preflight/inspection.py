"""Makes the checks: reads both sides at once, judges, and sorts what was found."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from functions.preflight.model import (
    Check,
    Facts,
    Finding,
    Probe,
    Rows,
    Severity,
    Situation,
)
from functions.runtime.errors import DatabaseError, LoginFailedError, SideUnavailableError
from functions.runtime.route import Side

_WEIGHT = {Severity.BLOCKING: 0, Severity.WARNING: 1, Severity.NOTE: 2}

Answers = Mapping[str, Rows | DatabaseError]
"""What each check has read on one side, by its name, or why it could not."""


def inspect(
    checks: Sequence[Check], probes: Mapping[Side, Probe], situation: Situation
) -> tuple[Finding, ...]:
    """Make the checks of the situation's phase; return what they found, the gravest first.

    A check that a side cannot answer (it takes too long, or is refused) is a finding as grave as
    the check. Raises SideUnavailableError or LoginFailedError when a side is gone.
    """
    chosen = [check for check in checks if situation.phase in check.phases]
    with ThreadPoolExecutor(len(probes)) as pool:
        answers = dict(
            zip(
                probes, pool.map(lambda side: _ask(chosen, side, probes[side]), probes), strict=True
            )
        )
    found = [each for check in chosen for each in _findings(check, answers, situation)]
    accepted = situation.thresholds.accepted
    return tuple(
        sorted((_weighed(each, accepted) for each in found), key=lambda f: _WEIGHT[f.severity])
    )


def _ask(checks: Sequence[Check], side: Side, probe: Probe) -> Answers:
    answers: dict[str, Rows | DatabaseError] = {}
    for check in checks:
        if side in check.sides:
            try:
                answers[check.name] = check.read(probe)
            except (SideUnavailableError, LoginFailedError):
                raise
            except DatabaseError as error:
                answers[check.name] = error
    return answers


def _findings(
    check: Check, answers: Mapping[Side, Answers], situation: Situation
) -> Iterator[Finding]:
    rows: dict[Side, Rows] = {}
    failed = False
    for side in check.sides:
        answer = answers[side][check.name]
        if isinstance(answer, DatabaseError):
            failed = True
            why = f"The check could not be made: {answer}."
            yield Finding(check.severity, check.name, side, "this check", why, None)
        else:
            rows[side] = answer
    if failed:
        return
    facts = Facts(situation, rows.get(Side.SOURCE, ()), rows.get(Side.TARGET, ()))
    for side, problem in check.judge(facts):
        severity = problem.severity or check.severity
        yield Finding(severity, check.name, side, problem.object, problem.why, problem.fix)


def _weighed(finding: Finding, accepted: frozenset[str]) -> Finding:
    """Return the finding, as a note if somebody has accepted it."""
    if not {finding.check, f"{finding.check} {finding.object}"} & accepted:
        return finding
    return Finding(
        Severity.NOTE,
        finding.check,
        finding.side,
        finding.object,
        f"Accepted ({finding.severity}): {finding.why}",
        finding.fix,
    )
