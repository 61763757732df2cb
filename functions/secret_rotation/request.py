"""What Secrets Manager asks a rotation function for.

Source: AWS Secrets Manager User Guide, "Rotation by Lambda function".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from functions.secret_rotation.errors import RotationRefusedError


class Step(StrEnum):
    """The four steps of a rotation, in their order."""

    CREATE = "createSecret"
    SET = "setSecret"
    TEST = "testSecret"
    FINISH = "finishSecret"


@dataclass(frozen=True)
class Request:
    """One step of the rotation of one secret; `token` is the id of the secret's new version."""

    step: Step
    secret_arn: str
    token: str

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> "Request":
        """Return the request that an event holds. Raises RotationRefusedError."""
        values = [event.get(key) for key in ("Step", "SecretId", "ClientRequestToken")]
        match values:
            case [str(step), str(secret_arn), str(token)] if step in set(Step):
                return cls(Step(step), secret_arn, token)
        raise RotationRefusedError(
            f"an event with {', '.join(sorted(event)) or 'nothing'} is no request of Secrets"
            f" Manager: Step ({', '.join(Step)}), SecretId and ClientRequestToken"
        )
