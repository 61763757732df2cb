"""Secrets that exist before any layer is deployed: their names and the JSON that they hold.

Database credentials and the token key are fetched, never created by a stack: the owner of the
account keeps them. This module says what is expected, for the stacks that fetch them, for the
preflight that checks them, and for whoever has to create them.
"""

from dataclasses import dataclass
from enum import Enum

from shared.naming import resource_name


@dataclass(frozen=True)
class ExistingSecret:
    """One expected secret: its purpose in the name, and the keys of its JSON object."""

    purpose: str
    keys: tuple[str, ...]
    doc: str

    def name(self, environment: str) -> str:
        """Return the secret's name in an environment, for example ``secret-jwt-key-local``."""
        return resource_name("secret", self.purpose, environment)


class Secrets(Enum):
    """Every secret that an environment needs before its first deployment."""

    SOURCE_MASTER = ExistingSecret(
        "source-master", ("username", "password"), "Master user of the source cluster"
    )
    TARGET_MASTER = ExistingSecret(
        "target-master", ("username", "password"), "Master user of the target cluster"
    )
    APPLICATION = ExistingSecret(
        "application",
        ("username", "password"),
        "Role that the payments function uses, on both clusters",
    )
    CERTIFICATE_AUTHORITY = ExistingSecret(
        "certificate-authority",
        ("pem",),
        "PEM bundle that verifies the database servers (on AWS: the region's RDS bundle)",
    )
    JWT_KEY = ExistingSecret(
        "jwt-key",
        ("algorithm", "issuer", "audience", "kid", "key"),
        "Key that signs and verifies the API's bearer tokens (HS256)",
    )
