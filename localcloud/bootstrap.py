"""What exists in an account before any layer is deployed, as its owner made it.

The secrets that `shared.existing_secrets` names, with random passwords of this daemon's own. A
stack never creates these, and neither does the orchestrator. (What the owner has put into the
databases is in `localcloud.payments_databases`.)
"""

import json
import secrets

from shared.existing_secrets import Secrets
from shared.naming import PRODUCT

MASTER_USERNAME = f"{PRODUCT}_admin"
APPLICATION_USERNAME = f"{PRODUCT}_app"

_PASSWORD_BYTES = 24
_JWT_KEY_BYTES = 48
"""RFC 7518, section 3.2: an HS256 key has at least 32 bytes."""


def secret_values(certificate_authority_pem: str) -> dict[Secrets, dict[str, str]]:
    """Return the contents of every existing secret, with new random passwords and keys."""
    return {
        Secrets.SOURCE_MASTER: _login(MASTER_USERNAME),
        Secrets.TARGET_MASTER: _login(MASTER_USERNAME),
        Secrets.APPLICATION: _login(APPLICATION_USERNAME),
        Secrets.CERTIFICATE_AUTHORITY: {"pem": certificate_authority_pem},
        Secrets.JWT_KEY: {
            "algorithm": "HS256",
            "issuer": f"{PRODUCT}-identity",
            "audience": f"{PRODUCT}-api",
            "kid": secrets.token_hex(8),
            "key": secrets.token_urlsafe(_JWT_KEY_BYTES),
        },
    }


def seed_secrets(
    account_id: str, region: str, environment: str, certificate_authority_pem: str
) -> None:
    """Put the existing secrets into this process's Secrets Manager."""
    from moto.secretsmanager.models import secretsmanager_backends

    backend = secretsmanager_backends[account_id][region]
    for secret, values in secret_values(certificate_authority_pem).items():
        backend.create_secret(
            name=secret.value.name(environment),
            secret_string=json.dumps(values),
            description=secret.value.doc,
            secret_binary=None,
            tags=[],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )


def _login(username: str) -> dict[str, str]:
    return {"username": username, "password": secrets.token_urlsafe(_PASSWORD_BYTES)}
