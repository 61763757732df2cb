"""docs/preflight.md has every check, and every check is tested."""

from pathlib import Path

import pytest

from functions.preflight.documentation import table, with_table
from functions.preflight.registry import CHECKS
from tests.functions.preflight import test_both_sides, test_single_sides
from tests.functions.preflight.planted import uncovered

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "preflight.md"
IN_TESTS_OF_THEIR_OWN = (
    "test_drift.py",
    "test_roles.py",
    "test_sampling.py",
    "test_servers.py",
    "test_unreplicated.py",
)


def test_the_page_has_the_checks_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    again = "run `python -m functions.preflight.documentation docs/preflight.md`"
    assert with_table(page) == page, again
    assert all(f"`{check.name}`" in page for check in CHECKS)


def test_names_are_unique_and_no_cell_breaks_the_table() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert {line.count(" | ") for line in table().splitlines() if line.startswith("| `")} == {6}


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has not both"):
        with_table("# Preflight")


def test_every_check_has_a_test_with_a_real_defect() -> None:
    cases = [
        *(
            case
            for name in ("KEYS", "TABLES", "COLUMNS", "VALUES", "CONSTRAINTS")
            for case in getattr(test_single_sides, name)
        ),
        *test_both_sides.OBJECTS,
        *test_both_sides.COLUMNS,
        *test_both_sides.PRIVILEGES,
    ]
    elsewhere = "".join(
        (Path(__file__).parent / name).read_text() for name in IN_TESTS_OF_THEIR_OWN
    )
    others = [check.name for check in CHECKS if f'"{check.name}"' in elsewhere]
    assert uncovered(cases, others) == set()
