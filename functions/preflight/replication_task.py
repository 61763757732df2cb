"""What the replication task and its endpoints are set to do with large and with unusual values.

Sources: AWS DMS User Guide, "Target metadata task settings" (LOB modes), "Endpoint settings when
using PostgreSQL as a DMS source" (MapUnboundedNumericAsString, which DMS's API knows only as an
extra connection attribute), "Endpoint settings when using PostgreSQL as a target for AWS DMS"
(AfterConnectScript).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.preflight.errors import UnusableInputError

DEFAULT_LOB_KILOBYTES = 32
_REPLICA_ROLE = re.compile(r"session_replication_role\s*(=|\sto\s)\s*'?replica\b", re.IGNORECASE)


@dataclass(frozen=True)
class ReplicationTask:
    """The settings that decide whether a value survives; DMS's defaults unless told otherwise.

    full_lob: LOBs are written after their row, so their columns have to take NULL for a moment.
    lob_limit_bytes: longer values are cut, None when there is no limit.
    numeric_as_text: NUMERIC without precision is carried as text, not as NUMERIC(28,6).
    replica_role: the target's sessions skip foreign keys and ordinary triggers.
    """

    full_lob: bool = False
    lob_limit_bytes: int | None = DEFAULT_LOB_KILOBYTES * 1024
    numeric_as_text: bool = False
    replica_role: bool = False


def read_task(client: Any, arn: str) -> ReplicationTask:
    """Ask DMS, by a boto3 client, what a task and its two endpoints are set to.

    Raises UnusableInputError when there is no such task, or DMS does not answer.
    """
    try:
        [task] = _described(client, "replication_tasks", "replication-task-arn", arn)
        endpoints = [
            _described(client, "endpoints", "endpoint-arn", task[key])[0]
            for key in ("SourceEndpointArn", "TargetEndpointArn")
        ]
    except (BotoCoreError, ClientError, ValueError, IndexError) as error:
        raise UnusableInputError(
            f"replication task {arn} cannot be read: {type(error).__name__}"
        ) from error
    return understand(task.get("ReplicationTaskSettings") or "{}", *endpoints)


def understand(
    task_settings: str, source: Mapping[str, Any], target: Mapping[str, Any]
) -> ReplicationTask:
    """Return what a task's settings (JSON) and its endpoints, as DMS describes them, mean.

    Raises UnusableInputError for settings that are no JSON object.
    """
    try:
        metadata = json.loads(task_settings).get("TargetMetadata") or {}
    except (ValueError, AttributeError):
        raise UnusableInputError("the replication task's settings are no JSON object") from None
    full = bool(metadata.get("FullLobMode")) and not metadata.get("LimitedSizeLobMode")
    kilobytes = int(metadata.get("LobMaxSize") or DEFAULT_LOB_KILOBYTES)
    return ReplicationTask(
        full_lob=full,
        lob_limit_bytes=None if full else kilobytes * 1024,
        numeric_as_text=all(
            _attributes(endpoint).get("mapunboundednumericasstring") == "true"
            for endpoint in (source, target)
        ),
        replica_role=_sets_replica_role(target),
    )


def _described(client: Any, what: str, name: str, value: str) -> list[dict[str, Any]]:
    response = getattr(client, f"describe_{what}")(Filters=[{"Name": name, "Values": [value]}])
    key = {"replication_tasks": "ReplicationTasks", "endpoints": "Endpoints"}[what]
    found: list[dict[str, Any]] = response[key]
    return found


def _sets_replica_role(endpoint: Mapping[str, Any]) -> bool:
    script = (endpoint.get("PostgreSQLSettings") or {}).get("AfterConnectScript")
    written = script or _attributes(endpoint).get("afterconnectscript", "")
    return _REPLICA_ROLE.search(written) is not None


def _attributes(endpoint: Mapping[str, Any]) -> dict[str, str]:
    """Return the extra connection attributes, in lower case: `name=value;name=value`."""
    pairs = str(endpoint.get("ExtraConnectionAttributes") or "").lower().split(";")
    return {
        name.strip(): value.strip() for name, _, value in (each.partition("=") for each in pairs)
    }
