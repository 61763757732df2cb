"""Makes the rules of moto's EventBridge fire without failing PutEvents.

moto raises for targets that are functions, topics or state machines, ignores that a rule is
disabled, and lets a rule with a schedule alone match every event.
"""

import copy
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule

from localcloud.cloud.events.delivery import deliver_later, delivers_to
from localcloud.cloud.events.transformation import target_input
from localcloud.cloud.patching import wrap

log = logging.getLogger(__name__)


def install() -> None:
    """Replace how moto sends an event to a rule's targets."""
    wrap(Rule, "send_to_targets", _send_to_targets)


def _send_to_targets(
    stock: Callable[..., Any], rule: Rule, original_event: Any, transform_input: bool = True
) -> None:
    if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
        return
    if not rule.event_pattern.matches_event(original_event):
        return
    event = _as_delivered(original_event)
    others = []
    for target in rule.targets:
        if not delivers_to(target["Arn"]):
            others.append(target)
            continue
        try:
            text = target_input(target, event, rule.name, rule.arn)
        except Exception:
            log.exception("rule %s: the input of target %s", rule.name, target["Id"])
            continue
        deliver_later(target, text, rule.arn)
    if others:
        remaining = copy.copy(rule)
        remaining.targets = others
        stock(remaining, original_event, transform_input)


def _as_delivered(event: Any) -> dict[str, Any]:
    """Return the event as targets get it: the time as text, nothing of moto's own."""
    delivered = {k: v for k, v in event.items() if k not in ("ingestion-time", "archive-arn")}
    if isinstance(delivered.get("time"), int | float):
        moment = datetime.fromtimestamp(delivered["time"], UTC)
        delivered["time"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return delivered
