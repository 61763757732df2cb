"""The pinned versions hold, and are complete."""

from pathlib import Path

import pytest

from tooling.pins import PINS, REPOSITORY, render, resolve


@pytest.fixture(scope="module")
def resolved() -> list[str]:
    return resolve(REPOSITORY, upgrade=False)


def test_the_resolver_held_to_the_pins_arrives_at_exactly_the_pins(resolved: list[str]) -> None:
    assert render(resolved) == (REPOSITORY / PINS).read_text(encoding="utf-8")


def test_every_pin_is_exact(resolved: list[str]) -> None:
    assert all("==" in requirement.partition(";")[0] for requirement in resolved)


def test_no_committed_file_names_an_index() -> None:
    ignored = Path(REPOSITORY / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert "/uv.lock" in ignored
    assert "://" not in (REPOSITORY / PINS).read_text(encoding="utf-8")
