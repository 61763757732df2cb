"""docs/migrated-types.md names checks and tests that exist, and leaves no case out."""

import re
from collections.abc import Iterator
from pathlib import Path

from functions.preflight.model import Severity
from functions.preflight.registry import CHECKS
from tests.localcloud.cloud.database_migration import test_mixed_types

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "migrated-types.md"
PLACES = (
    "tests/localcloud/cloud/database_migration/test_mixed_types.py",
    "tests/functions/preflight",
    "tests/e2e/test_migration.py",
)
BLOCKING = {check.name for check in CHECKS if check.severity is Severity.BLOCKING}
# A check whose findings are blocking from a threshold on.
BLOCKING_AT_TIMES = {"sequences"}


def rows() -> Iterator[list[str]]:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| values"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def written_tests() -> set[str]:
    paths = [path for place in PLACES for path in (ROOT / place).rglob("test_*.py")]
    paths += [ROOT / place for place in PLACES if place.endswith(".py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    return set(re.findall(r"^def (test_\w+)", text, re.MULTILINE))


def test_every_line_names_checks_that_exist_and_says_rightly_whether_they_block() -> None:
    found = list(rows())

    assert len(found) > 15
    for values, _, _, preflight, _ in found:
        assert quoted(preflight) <= {check.name for check in CHECKS}, values
        blocking = quoted(preflight) & (BLOCKING | BLOCKING_AT_TIMES)
        assert bool(blocking) is ("**block" in preflight), values


def test_every_line_is_proved_by_tests_that_exist_and_every_case_is_on_the_page() -> None:
    known = written_tests() | test_mixed_types.CASES.keys()
    proofs = {values: quoted(proof) for values, _, _, _, proof in rows()}

    for values, named in proofs.items():
        assert named, values
        assert named <= known, (values, named - known)
    assert test_mixed_types.CASES.keys() <= set().union(*proofs.values())
