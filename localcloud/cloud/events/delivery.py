"""Hands an event to one target: a function, topic, queue, state machine or log group.

Each delivery runs in the background; one that fails goes to the target's dead-letter queue if it
has one ("Using dead-letter queues to process undelivered events"), and is logged otherwise.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from moto.utilities.arns import parse_arn

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Destination:
    """A target's ARN, taken apart, and its parameters."""

    arn: str
    account: str
    region: str
    name: str
    target: Mapping[str, Any]


def deliver_later(target: Mapping[str, Any], text: str, rule_arn: str) -> None:
    """Deliver `text` to a target in the background."""
    run_in_background(f"event to {target['Arn']}", lambda: _deliver(target, text, rule_arn))


def delivers_to(arn: str) -> bool:
    """Return whether targets with this ARN are delivered here; moto keeps the rest."""
    return parse_arn(arn).service in _SENDERS


def _deliver(target: Mapping[str, Any], text: str, rule_arn: str) -> None:
    destination = _destination(target)
    try:
        with LOCK.holding():
            _SENDERS[parse_arn(target["Arn"]).service](destination, text)
    except Exception as error:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        log.warning("event of %s not delivered to %s: %s", rule_arn, target["Arn"], error)
        if queue:
            with LOCK.holding():
                _send_to_queue(_destination({"Arn": queue}), text)


def _destination(target: Mapping[str, Any]) -> Destination:
    arn = parse_arn(target["Arn"])
    return Destination(target["Arn"], arn.account, arn.region, arn.resource_id, target)


def _invoke_function(destination: Destination, text: str) -> None:
    from moto.awslambda.models import lambda_backends

    backend = lambda_backends[destination.account][destination.region]
    backend.invoke(destination.arn, None, text, {"x-amz-invocation-type": "Event"}, {})


def _publish(destination: Destination, text: str) -> None:
    from moto.sns.models import sns_backends

    sns_backends[destination.account][destination.region].publish(message=text, arn=destination.arn)


def _send_to_queue(destination: Destination, text: str) -> None:
    from moto.sqs.models import sqs_backends

    group = (destination.target.get("SqsParameters") or {}).get("MessageGroupId")
    sqs_backends[destination.account][destination.region].send_message(
        queue_name=destination.name, message_body=text, group_id=group
    )


def _start_execution(destination: Destination, text: str) -> None:
    from moto.stepfunctions.responses import get_backend

    get_backend(destination.account, destination.region).start_execution(
        destination.arn, str(uuid4()), text
    )


def _write_to_log(destination: Destination, text: str) -> None:
    from moto.logs.models import logs_backends

    backend = logs_backends[destination.account][destination.region]
    group = destination.arn.split(":log-group:")[-1].removesuffix(":*")
    stream = str(uuid4())
    backend.create_log_stream(group, stream)
    event = {"timestamp": int(time.time() * 1000), "message": _one_line(text)}
    backend.put_log_events(group, stream, [event])


def _one_line(text: str) -> str:
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return text


_SENDERS: dict[str, Callable[[Destination, str], None]] = {
    "lambda": _invoke_function,
    "sns": _publish,
    "sqs": _send_to_queue,
    "states": _start_execution,
    "logs": _write_to_log,
}
