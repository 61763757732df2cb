"""Events that AWS's services put on the default bus by themselves ("Events from AWS services")."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK


def emit(
    account_id: str,
    region: str,
    *,
    source: str,
    detail_type: str,
    resources: list[str],
    detail: dict[str, Any],
) -> None:
    """Put a service's event on the default bus, in the background.

    `source` is like ``aws.states``; `detail` holds plain JSON values.
    """
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account_id,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": resources,
        "detail": detail,
    }
    run_in_background(f"{source} event", lambda: _send(account_id, region, event))


def _send(account_id: str, region: str, event: dict[str, Any]) -> None:
    with LOCK.holding():
        from moto.events.models import events_backends

        bus = events_backends[account_id][region].event_buses["default"]
        for rule in list(bus.rules.values()):
            received: Any = {**event, "ingestion-time": event["time"]}
            rule.send_to_targets(received)
