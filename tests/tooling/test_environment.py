"""What the tasks' processes see of the user's environment."""

import os

import pytest

from tooling.environment import isolate_laptop_cloud


def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "internal.example")
    monkeypatch.setenv("no_proxy", "")

    isolate_laptop_cloud()

    assert os.environ["NO_PROXY"] == "internal.example,127.0.0.1,localhost"
    assert os.environ["no_proxy"] == "127.0.0.1,localhost"


def test_a_profile_of_another_account_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("AWS_PROFILE", "production")

    isolate_laptop_cloud()

    assert "AWS_PROFILE" not in os.environ
