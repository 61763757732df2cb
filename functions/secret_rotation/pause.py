"""Whether a migration asks for the masters' passwords to stay as they are.

A DMS endpoint holds a copy of the master's password: a rotation would cut the replication off.
The workflows set the flag before they start replication and take it back at the end.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.secret_rotation.errors import RotationError, RotationRefusedError

PARAMETER = "rotation_paused"


class PauseFlag:
    """The parameter `rotation_paused`, read anew each time."""

    def __init__(self, client: Any, path: str) -> None:
        """Read below `path` through `client`, a boto3 client of SSM."""
        self._client = client
        self._name = f"{path.rstrip('/')}/{PARAMETER}"

    def require_running(self, username: str) -> None:
        """Raise RotationRefusedError while rotations are paused.

        Nothing is paused where the parameter is not there: no migration was ever deployed.
        """
        value = self._read()
        if value not in (None, "true", "false"):
            raise RotationRefusedError(f"{self._name} is neither true nor false")
        if value == "true":
            raise RotationRefusedError(
                f"a migration is under way ({self._name} is true) and its replication logs in as"
                f" {username}: rotate this secret when the migration has ended"
            )

    def _read(self) -> str | None:
        try:
            response = self._client.get_parameter(Name=self._name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise RotationError(f"{self._name} cannot be read: {type(error).__name__}") from error
        except BotoCoreError as error:
            raise RotationError(f"{self._name} cannot be read: {type(error).__name__}") from error
        return str(response["Parameter"]["Value"])
