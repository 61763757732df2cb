"""Delivers SNS messages to functions and HTTP endpoints in the background.

moto gives a Lambda subscriber a canned event, and lets Publish fail when an HTTP subscriber
cannot be reached. The event's form is that of "Invoking Lambda functions with Amazon SNS
notifications" (AWS Lambda Developer Guide). HTTP deliveries are tried three times
("Amazon SNS message delivery retries": more often, over minutes).
"""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import requests
from moto.awslambda.models import lambda_backends
from moto.sns.models import Subscription

from localcloud.cloud.background import run_in_background
from localcloud.cloud.patching import wrap

log = logging.getLogger(__name__)

_HTTP_ATTEMPTS = 3
_HTTP_TIMEOUT_SECONDS = 15.0


def lambda_event(
    subscription_arn: str,
    topic_arn: str,
    message_id: str,
    message: str,
    subject: str | None,
    attributes: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return the event that a function gets for one message."""
    timestamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": message_id,
                    "TopicArn": topic_arn,
                    "Subject": subject,
                    "Message": message,
                    "Timestamp": timestamp,
                    "MessageAttributes": {
                        name: {"Type": value["Type"], "Value": value["Value"]}
                        for name, value in (attributes or {}).items()
                    },
                },
            }
        ]
    }


def install() -> None:
    """Replace moto's deliveries to the protocols lambda, http and https."""
    wrap(Subscription, "publish", _publish)


def _publish(
    stock: Callable[..., Any],
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> None:
    if subscription.protocol not in ("lambda", "http", "https"):
        others = (group_id, deduplication_id, message_structure)
        stock(subscription, message, message_id, subject, message_attributes, *others)
        return
    matcher = subscription._filter_policy_matcher  # noqa: SLF001 - moto has no accessor
    if matcher is not None and not matcher.matches(message_attributes, message):
        return
    if message_structure == "json":
        message = subscription._parse_message_structure(  # noqa: SLF001 - as stock does
            message, subscription.protocol
        )
    if subscription.protocol == "lambda":
        arns = (subscription.arn, subscription.topic_arn)
        event = lambda_event(*arns, message_id, message, subject, message_attributes)
        _invoke(subscription, json.dumps(event))
    else:
        body = subscription.get_post_data(message, message_id, subject, message_attributes)
        endpoint = subscription.endpoint
        run_in_background(f"SNS to {endpoint}", lambda: _post(endpoint, body))


def _invoke(subscription: Subscription, event: str) -> None:
    region, account = subscription.endpoint.split(":")[3:5]
    try:
        lambda_backends[account][region].invoke(
            subscription.endpoint, None, event, {"x-amz-invocation-type": "Event"}, {}
        )
    except Exception:
        log.exception("SNS cannot deliver to %s", subscription.endpoint)


def _post(endpoint: str, body: dict[str, Any]) -> None:
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": body["Type"]}
    for attempt in range(_HTTP_ATTEMPTS):
        try:
            answer = requests.post(
                endpoint, data=json.dumps(body), headers=headers, timeout=_HTTP_TIMEOUT_SECONDS
            )
            if answer.ok:
                return
            log.warning("SNS: %s answered %s", endpoint, answer.status_code)
        except requests.RequestException as error:
            log.warning("SNS: %s cannot be reached: %s", endpoint, error)
        time.sleep(attempt + 1)
