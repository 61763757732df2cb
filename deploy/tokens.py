"""Bearer tokens for the API, signed with the key that the environment's owner keeps."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from deploy.aws import client
from deploy.errors import CommandError
from localcloud.control import CloudInfo
from shared.existing_secrets import Secrets

DEFAULT_SCOPES = ("payments:write", "payments:read")
LIFETIME_SECONDS = 3600


def mint(key: Mapping[str, str], scopes: Sequence[str], subject: str, now: float) -> str:
    """Return a JWT (RFC 7519) with the given scopes, valid for an hour from `now` (epoch seconds).

    `key` is the JSON object of the secret that `shared.existing_secrets` calls JWT_KEY.
    """
    claims: dict[str, Any] = {
        "iss": key["issuer"],
        "aud": key["audience"],
        "sub": subject,
        "scope": " ".join(scopes),
        "iat": int(now),
        "exp": int(now) + LIFETIME_SECONDS,
    }
    return jwt.encode(claims, key["key"], algorithm=key["algorithm"], headers={"kid": key["kid"]})


def fresh_token(
    cloud: CloudInfo, scopes: Sequence[str] = DEFAULT_SCOPES, subject: str = "laptop"
) -> str:
    """Return a token signed with the environment's key. Raises CommandError without the key."""
    name = Secrets.JWT_KEY.value.name(cloud.environment)
    secrets = client("secretsmanager", cloud)
    try:
        key = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException as error:
        raise CommandError(
            f"the secret {name} with the token key does not exist\n"
            "next: create it as shared/existing_secrets.py describes"
        ) from error
    return mint(key, scopes, subject, time.time())
