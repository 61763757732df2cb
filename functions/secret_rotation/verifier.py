"""What a PostgreSQL server stores of a password, computed here so that it never learns more.

`ALTER ROLE … PASSWORD` takes the password itself or what is stored of it; only the latter may
appear in a statement, because servers log statements (PostgreSQL manual, "ALTER ROLE", notes).
"""

import secrets
from base64 import b64encode

from scramp import (
    ScramException,
    ScramMechanism,
)

from functions.secret_rotation.errors import RotationRefusedError

_SALT_BYTES = 16
"""As many as PostgreSQL itself uses (SCRAM_DEFAULT_SALT_LEN)."""


def scram_verifier(password: str) -> str:
    """Return `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>` with a fresh salt.

    The form is that of pg_authid.rolpassword (PostgreSQL manual, "pg_authid"); the keys are those
    of RFC 5802, section 3, with the hash of RFC 7677. Raises RotationRefusedError for a password
    that SASLprep (RFC 4013) forbids; generated ones are plain ASCII.
    """
    try:
        salt, stored_key, server_key, iterations = ScramMechanism("SCRAM-SHA-256").make_auth_info(
            password, salt=secrets.token_bytes(_SALT_BYTES)
        )
    except ScramException:
        raise RotationRefusedError("the password has characters that SCRAM forbids") from None
    salt_text, stored, server = (
        b64encode(part).decode("ascii") for part in (salt, stored_key, server_key)
    )
    return f"SCRAM-SHA-256${iterations}:{salt_text}${stored}:{server}"
