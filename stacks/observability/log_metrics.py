"""Metrics taken from the payments function's log, which is JSON, one object a line."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.context import Context
from stacks.observability.metrics import log_namespace

ERRORS = "PaymentErrors"
REROUTED = "ReroutedPayments"
DURATION = "PaymentDuration"


@dataclass(frozen=True)
class LogMetricsConfig:
    """The log group that the function writes to."""

    log_group_name: pulumi.Input[str]


@dataclass(frozen=True)
class _Filter:
    purpose: str
    metric: str
    pattern: str
    value: str
    unit: str
    default: str | None


# Fields: what functions/payments/handler.py logs. CloudWatch Logs User Guide, "Filter pattern
# syntax for metric filters". A duration has no default: silence is not a fast payment.
_FILTERS = (
    _Filter("payment-errors", ERRORS, '{ $.level = "ERROR" }', "1", "Count", "0"),
    _Filter("rerouted-payments", REROUTED, "{ $.attempts > 1 }", "1", "Count", "0"),
    _Filter(
        "payment-duration",
        DURATION,
        "{ $.duration_ms = * }",
        "$.duration_ms",
        "Milliseconds",
        None,
    ),
)


class LogMetrics(pulumi.ComponentResource):
    """Errors, payments that had to change sides on the way, and how long payments take."""

    def __init__(
        self,
        context: Context,
        config: LogMetricsConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        component_name = context.name("log-metrics", "payments")
        super().__init__("payments:observability:LogMetrics", component_name, None, opts)
        for item in _FILTERS:
            name = context.name("metric-filter", item.purpose)
            aws.cloudwatch.LogMetricFilter(
                name,
                name=name,
                log_group_name=config.log_group_name,
                pattern=item.pattern,
                metric_transformation={
                    "name": item.metric,
                    "namespace": log_namespace(context),
                    "value": item.value,
                    "unit": item.unit,
                    "default_value": item.default,
                },
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
