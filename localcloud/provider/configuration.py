"""The provider's own settings (``aws:...`` in a stack's configuration): used or refused.

Whatever a stack says, requests go to the endpoint that the server was started with: this provider
never talks to AWS.
"""

import json
from collections.abc import Iterator
from typing import Any

from localcloud.provider.clients import Account, Clients
from localcloud.provider.errors import UnsupportedError
from localcloud.provider.models import available_regions
from localcloud.provider.rules import Fault
from localcloud.provider.session import Session
from localcloud.provider.wire import UNKNOWN, Properties

_USED = frozenset({"region", "accessKey", "secretKey", "endpoints"})
_WITHOUT_EFFECT_HERE = frozenset(
    {
        "version",
        "pluginDownloadURL",
        "token",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "s3UsePathStyle",
        "maxRetries",
        "retryMode",
    }
)


def faults(settings: Properties, account: Account) -> Iterator[Fault]:
    """Yield (setting, reason) for what this provider cannot honour."""
    settings = decoded(settings)
    for name in sorted(settings.keys() - _USED - _WITHOUT_EFFECT_HERE):
        if not name.startswith("__"):
            yield name, f"the local aws provider does not implement the setting {name!r}"
    region = settings.get("region")
    if region not in (None, UNKNOWN) and region not in available_regions():
        yield "region", f"{region!r} is not a region of AWS"
    for endpoints in settings.get("endpoints") or []:
        for service, url in endpoints.items() if isinstance(endpoints, dict) else []:
            if str(url).rstrip("/") not in (account.endpoint_url, UNKNOWN):
                yield (
                    "endpoints",
                    f"{service} at {url}: this provider talks to the laptop cloud only",
                )


def decoded(settings: Properties) -> Properties:
    """Return settings with the structured ones, which arrive as JSON texts, decoded."""
    return {name: _decoded(value) for name, value in settings.items()}


def session(settings: Properties, clients: Clients, account: Account, region: str) -> Session:
    """Return the provider instance that an engine configured.

    ``account`` and ``region`` are the server's own, for what the settings leave open. Raises
    UnsupportedError for settings that cannot be honoured.
    """
    wrong = [reason for _, reason in faults(settings, account)]
    if wrong:
        raise UnsupportedError("; ".join(wrong))
    settings = decoded(settings)
    own = Account(
        endpoint_url=account.endpoint_url,
        access_key=settings.get("accessKey") or account.access_key,
        secret_key=settings.get("secretKey") or account.secret_key,
    )
    return Session(clients, own, settings.get("region") or region)


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
