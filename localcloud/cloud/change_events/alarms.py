"""CloudWatch tells the default bus when an alarm's state is set to another one.

Source: "Alarm events and EventBridge", Amazon CloudWatch User Guide. Metrics do not set an alarm's
state here: only SetAlarmState does.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend

from localcloud.cloud.events.emission import emit
from localcloud.cloud.patching import wrap


def install() -> None:
    """Tell of changed states, after the change."""
    wrap(CloudWatchBackend, "set_alarm_state", _set_state)


def _set_state(
    stock: Callable[..., Any], backend: CloudWatchBackend, name: str, *arguments: Any, **more: Any
) -> None:
    alarm: Alarm | None = backend.alarms.get(name)
    before = _state(alarm) if alarm is not None else None
    stock(backend, name, *arguments, **more)
    alarm = backend.alarms[name]
    after = _state(alarm)
    if before is not None and before["value"] != after["value"]:
        _tell(backend, alarm, before, after)


def _state(alarm: Alarm) -> dict[str, Any]:
    return {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _tell(
    backend: CloudWatchBackend, alarm: Alarm, before: dict[str, Any], after: dict[str, Any]
) -> None:
    emit(
        backend.account_id,
        backend.region_name,
        source="aws.cloudwatch",
        detail_type="CloudWatch Alarm State Change",
        resources=[alarm.alarm_arn],
        detail={
            "alarmName": alarm.name,
            "state": after,
            "previousState": before,
            "configuration": {"description": alarm.description},
        },
    )
