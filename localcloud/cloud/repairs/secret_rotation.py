"""Secrets Manager: rotations that run in the background, in AWS's order and with its labels.

moto calls the four steps while the client waits, takes no notice of a step that fails, and moves
AWSCURRENT whatever the function did. Restored here (Secrets Manager API Reference, RotateSecret,
CancelRotateSecret, PutSecretValue and UpdateSecretVersionStage; User Guide, "Rotation by Lambda
function"):

* RotateSecret answers at once; the steps follow in their order until one fails. Then AWSPENDING
  stays where it is, and the next RotateSecret is refused and attempts the same version again.
* `RotateImmediately: false` only tests, with a pending version of the current content that goes
  away afterwards.
* The function is named by the call or by an earlier one, exists, and has a policy that lets the
  service invoke it.
* Moving AWSCURRENT to a pending version takes AWSPENDING off it, and clients that ask for no
  version get the new one from then on.
* A version's content does not change.

Nothing rotates by a schedule here: the schedule is kept and shown.
"""

import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from moto.core.exceptions import JsonRESTError
from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceExistsException,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import once

Backend = SecretsManagerBackend
Version = dict[str, Any]

log = logging.getLogger(__name__)

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
SERVICE = "secretsmanager.amazonaws.com"
_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_TRIED_OUT = "tried_out"
"""Marks a version that no rotation made: it is there for trying the function out."""
_DAY_SECONDS = int(timedelta(days=1).total_seconds())


class _StepFailedError(Exception):
    """The function ended a step with an error, which is the end of the rotation for now."""


class _CannotInvokeError(JsonRESTError):
    """What RotateSecret answers when the function's policy does not admit the service."""

    def __init__(self) -> None:
        super().__init__(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
            f"policy grants access to the principal {SERVICE}.",
        )


@once
def install() -> None:
    """Repair moto's rotation."""
    wrap(Backend, "rotate_secret", _rotate)
    wrap(Backend, "put_secret_value", _put_value)
    wrap(Backend, "update_secret_version_stage", _move_label)
    wrap(FakeSecret, "to_dict", _describe)


def _rotate(
    _stock: Callable[..., str],
    backend: Backend,
    secret_id: str,
    client_request_token: str | None = None,
    rotation_lambda_arn: str | None = None,
    rotation_rules: dict[str, Any] | None = None,
    rotate_immediately: bool = True,
) -> str:
    secret = _rotatable(backend, secret_id)
    function_arn = rotation_lambda_arn or secret.rotation_lambda_arn
    if not function_arn:
        raise InvalidRequestException(
            "You tried to enable rotation on a secret that doesn't already have a Lambda function "
            "ARN configured and you didn't include such an ARN as a parameter in this call."
        )
    _require_invocable(backend, function_arn)
    _require_rules(rotation_rules)
    token = client_request_token or str(uuid4())
    backend._client_request_token_validator(token)  # noqa: SLF001  moto's own check
    secret.rotation_requested = True
    secret.rotation_enabled = True
    secret.rotation_lambda_arn = function_arn
    if rotation_rules:
        _schedule(secret, rotation_rules)
    _begin(backend, secret, token, rotate_immediately)
    return json.dumps({"ARN": secret.arn, "Name": secret.name, "VersionId": token})


def _rotatable(backend: Backend, secret_id: str) -> Any:
    """Return the secret. Raises what moto raises for one that does not exist."""
    secret: Any = backend.describe_secret(secret_id)
    if secret.is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    if not secret.versions:
        raise InvalidRequestException("You can't rotate a secret that has no value.")
    return secret


def _functions(backend: Backend) -> Any:
    """Return the functions beside these secrets; loaded only now, because that takes a while."""
    from moto.awslambda.utils import get_backend

    return get_backend(backend.account_id, backend.region_name)


def _require_invocable(backend: Backend, function_arn: str) -> None:
    functions = _functions(backend)
    try:
        function = functions.get_function(function_arn)
    except Exception as missing:
        raise _CannotInvokeError from missing
    policy = function.policy.statements if function.policy else []
    principals = [statement["Principal"] for statement in policy]
    if not any(principal in ("*", {"Service": SERVICE}) for principal in principals):
        raise _CannotInvokeError


def _require_rules(rules: dict[str, Any] | None) -> None:
    days = (rules or {}).get("AutomaticallyAfterDays")
    if days is not None and not 1 <= days <= 1000:
        raise InvalidParameterException(
            "RotationRules.AutomaticallyAfterDays must be within 1-1000."
        )
    if days is not None and "ScheduleExpression" in (rules or {}):
        raise InvalidParameterException(
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression."
        )


def _schedule(secret: Any, rules: dict[str, Any]) -> None:
    secret.rotation_rules = dict(rules)
    secret.auto_rotate_after_days = int(rules.get("AutomaticallyAfterDays", 0))
    _plan_next(secret)


def _plan_next(secret: Any) -> None:
    days = secret.auto_rotate_after_days
    secret.next_rotation_date = int(time.time()) + days * _DAY_SECONDS if days else None


def _begin(backend: Backend, secret: Any, token: str, rotate_immediately: bool) -> None:
    """Label a version as pending and let the steps follow, or attempt the pending one again."""
    pending = _labelled(secret, PENDING)
    if pending is not None and pending.get(_TRIED_OUT):
        del secret.versions[pending["version_id"]]
    elif pending is not None and CURRENT not in pending["version_stages"]:
        unfinished = str(pending["version_id"])
        _in_background(backend, secret, unfinished, _STEPS)
        if unfinished == token:
            return
        raise InvalidRequestException(
            "A previous rotation isn't complete. That rotation will be reattempted."
        )
    if token in secret.versions:
        return
    secret.remove_version_stages_from_old_versions([PENDING])
    version: Version = {
        "createdate": int(time.time()),
        "version_id": token,
        "version_stages": [PENDING],
    }
    secret.versions[token] = version
    if rotate_immediately:
        _in_background(backend, secret, token, _STEPS)
        return
    current = _labelled(secret, CURRENT) or {}
    version.update({k: v for k, v in current.items() if k in ("secret_string", "secret_binary")})
    version[_TRIED_OUT] = True
    _in_background(backend, secret, token, ("testSecret",))


def _in_background(backend: Backend, secret: Any, token: str, steps: tuple[str, ...]) -> None:
    run_in_background(
        f"rotation of {secret.name}", lambda: _run_steps(backend, secret, token, steps)
    )


def _run_steps(backend: Backend, secret: Any, token: str, steps: tuple[str, ...]) -> None:
    only_tested = steps != _STEPS
    with LOCK.holding():
        try:
            for step in steps:
                _invoke(backend, secret, token, step)
            if not only_tested:
                secret.last_rotation_date = int(time.time())
                _plan_next(secret)
        except _StepFailedError as failure:
            log.warning("%s", failure)
        finally:
            if only_tested:
                secret.versions.pop(token, None)


def _invoke(backend: Backend, secret: Any, token: str, step: str) -> None:
    """Call the function for one step; whoever runs it lets the lock go meanwhile."""
    answer: dict[str, str] = {}
    payload = _functions(backend).invoke(
        secret.rotation_lambda_arn,
        qualifier=None,
        body=json.dumps({"Step": step, "SecretId": secret.arn, "ClientRequestToken": token}),
        headers={},
        response_headers=answer,
    )
    if any(name.lower() == "x-amz-function-error" for name in answer):
        text = payload.decode() if isinstance(payload, bytes) else str(payload)
        raise _StepFailedError(f"{step} of {secret.name} failed: {text}")


def _labelled(secret: Any, label: str) -> Version | None:
    return next(
        (each for each in secret.versions.values() if label in each["version_stages"]), None
    )


def _put_value(
    stock: Callable[..., str],
    backend: Backend,
    secret_id: str,
    secret_string: str,
    secret_binary: str,
    client_request_token: str,
    version_stages: list[str],
) -> str:
    if secret_id in backend.secrets:
        held = backend.secrets[secret_id].versions.get(client_request_token, {})
        content = (held.get("secret_string"), held.get("secret_binary"))
        if content not in ((None, None), (secret_string, secret_binary)):
            raise ResourceExistsException(
                f"You can't use ClientRequestToken {client_request_token} because that value is "
                f"already in use for a version of secret {backend.secrets[secret_id].arn}."
            )
    return stock(
        backend, secret_id, secret_string, secret_binary, client_request_token, version_stages
    )


def _move_label(
    stock: Callable[..., tuple[str, str]],
    backend: Backend,
    secret_id: str,
    version_stage: str,
    remove_from_version_id: str,
    move_to_version_id: str,
) -> tuple[str, str]:
    answer = stock(backend, secret_id, version_stage, remove_from_version_id, move_to_version_id)
    if version_stage == CURRENT and move_to_version_id:
        secret: Any = backend.secrets[secret_id]
        stages = secret.versions[move_to_version_id]["version_stages"]
        if PENDING in stages:
            stages.remove(PENDING)
        secret.set_default_version_id(move_to_version_id)
    return answer


def _describe(stock: Callable[[FakeSecret], dict[str, Any]], secret: FakeSecret) -> dict[str, Any]:
    description = stock(secret)
    rules = getattr(secret, "rotation_rules", None)
    if rules is not None and "RotationRules" in description:
        description["RotationRules"] = dict(rules)
    return description
