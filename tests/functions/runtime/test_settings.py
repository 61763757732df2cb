"""Every fault of the environment is named at once."""

from dataclasses import dataclass

import pytest

from functions.runtime.errors import SettingsError
from functions.runtime.settings import load


@dataclass(frozen=True)
class Example:
    host: str
    port: int
    seconds: float = 1.5


def test_fields_are_filled_from_variables_of_the_same_name() -> None:
    variables = {"HOST": "db", "PORT": "5432", "SECONDS": "2", "OTHER": "x"}
    assert load(Example, variables) == Example("db", 5432, 2.0)


def test_a_default_stands_in_for_an_absent_variable() -> None:
    assert load(Example, {"HOST": "db", "PORT": "5432"}).seconds == 1.5


def test_every_fault_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        load(Example, {"HOST": "", "PORT": "many", "SECONDS": "soon"})
    message = str(caught.value)
    assert "HOST is missing" in message
    assert "PORT is not int" in message
    assert "SECONDS is not float" in message


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "db")
    monkeypatch.setenv("PORT", "1")
    assert load(Example).host == "db"
