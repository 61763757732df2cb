"""The Lambda entry point, from Secrets Manager's event to a promoted version."""

import dataclasses
import io

import pytest

from functions.runtime.errors import SettingsError
from functions.secret_rotation import handler as rotations
from functions.secret_rotation.errors import RotationRefusedError
from tests.functions.secret_rotation.world import STEPS, World
from tests.functions.support import Context

pytestmark = pytest.mark.postgres


def test_four_events_rotate_a_secret_and_the_log_has_no_password(
    account: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in dataclasses.asdict(account.settings).items():
        monkeypatch.setenv(name.upper(), str(value))
    stream = io.StringIO()
    for stream_handler in rotations.logger.handlers:
        monkeypatch.setattr(stream_handler, "stream", stream)
    rotations._settings.cache_clear()
    arn = account.settings.application_secret_arn
    before, token = account.value(arn), account.begin(arn)
    for step in (*STEPS, STEPS[-1]):
        event = {"Step": step.value, "SecretId": arn, "ClientRequestToken": token}
        rotations.handler(event, Context())
    rotations._settings.cache_clear()

    after = account.value(arn)
    log = stream.getvalue()
    assert account.accepts("target", after)
    assert "finishSecret done" in log
    assert "finishSecret not needed" in log
    assert arn in log
    assert before["password"] not in log
    assert after["password"] not in log


def test_an_event_of_somebody_else_is_refused() -> None:
    with pytest.raises(RotationRefusedError, match="no request of Secrets Manager"):
        rotations.handler({"Records": []}, Context())


def test_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_HOST", raising=False)
    rotations._settings.cache_clear()
    event = {"Step": "createSecret", "SecretId": "arn", "ClientRequestToken": "token"}
    with pytest.raises(SettingsError, match="SOURCE_HOST is missing"):
        rotations.handler(event, Context())
