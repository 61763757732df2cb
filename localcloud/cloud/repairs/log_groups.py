"""CloudWatch Logs: keys of log groups, and metric filters that are put a second time.

* AssociateKmsKey and DisassociateKmsKey (Amazon CloudWatch Logs API Reference) are missing.
* PutMetricFilter "creates or updates": moto adds a second filter of the same name.
"""

from collections.abc import Callable
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.metric_filters import MetricFilters
from moto.logs.responses import LogsResponse

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import add_action, once


@once
def install() -> None:
    """Repair moto's log groups and metric filters."""
    add_action(LogsResponse, "associate_kms_key", _associate_kms_key)
    add_action(LogsResponse, "disassociate_kms_key", _disassociate_kms_key)
    wrap(MetricFilters, "add_filter", _put_filter)


def _associate_kms_key(response: LogsResponse) -> str:
    _group(response).kms_key_id = response._get_param("kmsKeyId")  # noqa: SLF001  moto's own way
    return ""


def _disassociate_kms_key(response: LogsResponse) -> str:
    _group(response).kms_key_id = None
    return ""


def _group(response: LogsResponse) -> Any:
    name = response._get_param("logGroupName")  # noqa: SLF001  moto's own way
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException()
    return response.logs_backend.groups[name]


def _put_filter(
    stock: Callable[..., None],
    filters: MetricFilters,
    filter_name: str,
    filter_pattern: str,
    log_group_name: str,
    metric_transformations: Any,
) -> None:
    same = (filter_name, log_group_name)
    filters.metric_filters = [
        each
        for each in filters.metric_filters
        if (each["filterName"], each["logGroupName"]) != same
    ]
    stock(filters, filter_name, filter_pattern, log_group_name, metric_transformations)
