"""The built zip rotates a secret on its own: no checkout, only Lambda's SDK."""

import dataclasses
import json
from pathlib import Path

import pytest

from tests.functions.secret_rotation.world import SIDES, STEPS, World
from tests.functions.support import aws_variables
from tests.functions.test_packages import run, sdk

__all__ = ["sdk"]

pytestmark = pytest.mark.postgres


def test_the_package_rotates_the_applications_secret(
    account: World,
    aws_endpoint: str,
    sdk: Path,
    tmp_path: Path,
) -> None:
    arn = account.settings.application_secret_arn
    token = account.begin(arn)
    events = [{"Step": step.value, "SecretId": arn, "ClientRequestToken": token} for step in STEPS]
    settings = dataclasses.asdict(account.settings)
    variables = {
        **aws_variables(aws_endpoint),
        **{name.upper(): str(value) for name, value in settings.items()},
    }
    result = run("secret_rotation", events, sdk, tmp_path, variables)

    assert result["answers"] == [None] * 4
    assert result["outside"] == []
    assert account.labels(arn, token) == {"AWSCURRENT"}
    assert all(account.accepts(side, account.value(arn)) for side in SIDES)
    assert account.value(arn)["password"] not in json.dumps(result)
