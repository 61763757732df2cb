"""The versions of the secret that is rotated, by their staging labels.

Sources: AWS Secrets Manager User Guide, "Rotation by Lambda function" and "What's in a Secrets
Manager secret?"; API Reference, PutSecretValue and UpdateSecretVersionStage.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.runtime.errors import SecretError
from functions.secret_rotation.credentials import Credential
from functions.secret_rotation.errors import PromotionRefusedError, RotationRefusedError

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
_SERVER_ERRORS = 500


class SecretVersions:
    """The current, the pending and the previous version; `token` is the pending one's id.

    Every method raises SecretError when Secrets Manager does not do what it is asked for, and
    RotationRefusedError for a content that is no login.
    """

    def __init__(self, client: Any, arn: str, token: str) -> None:
        """Work through `client`, a boto3 client of Secrets Manager."""
        self._client = client
        self._arn = arn
        self._token = token

    def already_current(self) -> bool:
        """Tell whether this rotation is over: its version is the current one.

        Raises RotationRefusedError when no rotation with this token is under way.
        """
        description = self._call("describe_secret")
        if description.get("RotationEnabled") is False:
            raise RotationRefusedError(f"rotation of {self._arn} is turned off")
        labels = description.get("VersionIdsToStages", {}).get(self._token, [])
        if CURRENT in labels:
            return True
        if PENDING not in labels:
            raise RotationRefusedError(
                f"version {self._token} of {self._arn} is not the pending one: no rotation asks"
                " for this step"
            )
        return False

    def current(self) -> Credential:
        """Return the version that clients use."""
        content = self._call("get_secret_value", VersionStage=CURRENT)
        return Credential.parse(content.get("SecretString"), f"the current version of {self._arn}")

    def pending(self) -> Credential | None:
        """Return the version that is to be next, None before it has a content."""
        name = f"the pending version of {self._arn}"
        content = self._find(VersionId=self._token, VersionStage=PENDING)
        return None if content is None else Credential.parse(content.get("SecretString"), name)

    def previous(self) -> Credential | None:
        """Return the version that was current before, None when there is none."""
        name = f"the previous version of {self._arn}"
        content = self._find(VersionStage=PREVIOUS)
        return None if content is None else Credential.parse(content.get("SecretString"), name)

    def propose(self, credential: Credential) -> None:
        """Give the pending version its content, unless another call was first."""
        try:
            self._client.put_secret_value(
                SecretId=self._arn,
                ClientRequestToken=self._token,
                SecretString=credential.text(),
                VersionStages=[PENDING],
            )
        except self._client.exceptions.ResourceExistsException:
            return
        except (BotoCoreError, ClientError) as error:
            raise self._failure("put_secret_value", error) from error

    def promote(self) -> None:
        """Make the pending version the current one, and the current one the previous.

        Secrets Manager moves the other labels in the same call. Raises PromotionRefusedError when
        it surely did not happen; after any other SecretError nobody knows.
        """
        try:
            self._client.update_secret_version_stage(
                SecretId=self._arn,
                VersionStage=CURRENT,
                MoveToVersionId=self._token,
                RemoveFromVersionId=self._current_version(),
            )
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            failure = self._failure("update_secret_version_stage", error)
            if status >= _SERVER_ERRORS:
                raise failure from error
            # The SDK repeats a call whose answer got lost; the repetition may be what was refused.
            if self._current_version() != self._token:
                raise PromotionRefusedError(str(failure)) from error
        except BotoCoreError as error:
            raise self._failure("update_secret_version_stage", error) from error

    def _current_version(self) -> str:
        versions = self._call("describe_secret").get("VersionIdsToStages", {})
        for version, labels in versions.items():
            if CURRENT in labels:
                return str(version)
        raise SecretError(f"no version of {self._arn} is current")

    def _find(self, **which: str) -> dict[str, Any] | None:
        try:
            return dict(self._client.get_secret_value(SecretId=self._arn, **which))
        except self._client.exceptions.ResourceNotFoundException:
            return None
        except (BotoCoreError, ClientError) as error:
            raise self._failure("get_secret_value", error) from error

    def _call(self, operation: str, **arguments: str) -> dict[str, Any]:
        try:
            return dict(getattr(self._client, operation)(SecretId=self._arn, **arguments))
        except (BotoCoreError, ClientError) as error:
            raise self._failure(operation, error) from error

    def _failure(self, operation: str, error: Exception) -> SecretError:
        code = type(error).__name__
        if isinstance(error, ClientError):
            code = error.response["Error"]["Code"]
        return SecretError(f"{operation} of {self._arn}: {code}")
