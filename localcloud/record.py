"""The state file ``cloud.json``: how a running laptop cloud is found, and by whom it is trusted.

The file is written atomically by the daemon once every part is healthy, and removed at exit. A
killed daemon leaves it behind, so a reader also asks the process table and the daemon itself.
"""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

HEALTH_PATH = "/_laptop-cloud/health"

_FILE_NAME = "cloud.json"
_HEALTH_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class CloudInfo:
    """A running laptop cloud: where it listens and what to sign requests with.

    `identity` changes at every start, because the cloud keeps its resources in memory;
    `provider_address` is the ``host:port`` of the Pulumi ``aws`` provider (gRPC); `started_at`
    is ISO 8601 in UTC.
    """

    identity: str
    pid: int
    endpoint_url: str
    provider_address: str
    region: str
    account_id: str
    access_key_id: str
    secret_access_key: str
    environment: str
    started_at: str


def write(home: Path, info: CloudInfo) -> None:
    """Write the state file so that a reader sees either all of it or none."""
    target = home / _FILE_NAME
    temporary = home / f"{_FILE_NAME}.{os.getpid()}"
    temporary.write_text(json.dumps(dataclasses.asdict(info), indent=2) + "\n")
    temporary.chmod(0o600)
    temporary.replace(target)


def read(home: Path) -> CloudInfo | None:
    """Return what the state file says, or None when there is none or it is not one of ours."""
    try:
        values = json.loads((home / _FILE_NAME).read_text())
        return CloudInfo(**values)
    except (OSError, ValueError, TypeError):
        return None


def remove(home: Path, identity: str) -> None:
    """Remove the state file if it is still the one of this identity."""
    current = read(home)
    if current is not None and current.identity == identity:
        (home / _FILE_NAME).unlink(missing_ok=True)


def is_reachable(info: CloudInfo, timeout_seconds: float = _HEALTH_TIMEOUT_SECONDS) -> bool:
    """Return whether the endpoint answers, and as the same identity; never asks through a proxy."""
    import urllib.request  # loads slowly, and a command that finds no record needs none

    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{info.endpoint_url}{HEALTH_PATH}", timeout=timeout_seconds) as response:
            answer = json.load(response)
    except (OSError, ValueError):
        return False
    return bool(answer.get("identity") == info.identity)
