"""Names of everything that this project creates, by one convention.

Every AWS resource is called ``{resource-type}-{purpose}-{environmentSuffix}``; every Parameter
Store key lives under ``/payments/{environment}/{hierarchy}/``. Nothing else builds such a name.
"""

import re

PRODUCT = "payments"

_PART = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PARAMETER_KEY = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*")


class NamingError(ValueError):
    """A part of a name does not fit the convention; the message says which and what would."""


def resource_name(resource_type: str, purpose: str, environment: str) -> str:
    """Return the name of a resource, for example ``vpc-production-local``.

    Raises NamingError when a part is not lower-case words joined by single hyphens: S3, RDS and
    DMS all refuse anything else in an identifier.
    """
    for label, part in (
        ("resource type", resource_type),
        ("purpose", purpose),
        ("environment", environment),
    ):
        if not _PART.fullmatch(part):
            raise NamingError(
                f"{label} {part!r} is not lower-case letters and digits joined by single hyphens"
            )
    return f"{resource_type}-{purpose}-{environment}"


def parameter_name(environment: str, hierarchy: str, key: str) -> str:
    """Return a Parameter Store name, for example ``/payments/local/database/route``.

    Raises NamingError when the hierarchy or the key has characters that do not fit.
    """
    for label, part in (("hierarchy", hierarchy), ("key", key)):
        if not _PARAMETER_KEY.fullmatch(part):
            raise NamingError(f"parameter {label} {part!r} is not lower-case words with _ and /")
    return f"/{PRODUCT}/{environment}/{hierarchy}/{key}"
