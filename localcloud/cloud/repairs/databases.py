"""RDS: changes that moto forgets, refuses or turns into a deletion.

* ModifyDBSubnetGroup takes the group out of the account.
* ResetDBClusterParameterGroup is missing.
* ModifyDBCluster ignores CloudwatchLogsExportConfiguration and EnableIAMDatabaseAuthentication.
* Performance Insights of an instance is accepted and never told.

Source: the operations of these names in the Amazon RDS API Reference.
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import (
    DBClusterNotFoundError,
    DBClusterParameterGroupNotFoundError,
    DBSubnetGroupNotFoundError,
)
from moto.rds.models import DBCluster, DBInstance, RDSBackend
from moto.rds.responses import RDSResponse

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import add_action, once

_PERFORMANCE_INSIGHTS = (
    "enable_performance_insights",
    "performance_insights_kms_key_id",
    "performance_insights_retention_period",
)


@once
def install() -> None:
    """Repair moto's Aurora control plane."""
    wrap(RDSBackend, "modify_db_subnet_group", _modify_subnet_group)
    wrap(RDSBackend, "modify_db_cluster", _modify_cluster)
    add_action(RDSResponse, "reset_db_cluster_parameter_group", _reset_parameter_group)
    wrap(DBInstance, "__init__", _create_instance)
    instances: Any = DBInstance
    instances.performance_insights_enabled = property(_performance_insights)


def _modify_subnet_group(
    stock: Callable[..., Any],
    backend: RDSBackend,
    subnet_name: str,
    description: str | None,
    subnets: list[Any],
) -> Any:
    if subnet_name not in backend.subnet_groups:
        raise DBSubnetGroupNotFoundError(subnet_name)
    group = stock(backend, subnet_name, description, subnets)
    backend.subnet_groups[subnet_name] = group
    return group


def _reset_parameter_group(response: RDSResponse) -> ActionResult:
    name = response.params.get("DBClusterParameterGroupName")
    groups = response.backend.db_cluster_parameter_groups
    if name not in groups:
        raise DBClusterParameterGroupNotFoundError(name)
    if response.params.get("ResetAllParameters"):
        groups[name].parameters.clear()
    for parameter in response.params.get("Parameters", []):
        groups[name].parameters.pop(parameter["ParameterName"], None)
    return ActionResult({"DBClusterParameterGroupName": name})


def _modify_cluster(stock: Callable[..., DBCluster], backend: RDSBackend, kwargs: Any) -> DBCluster:
    identifier = kwargs["db_cluster_identifier"]
    if identifier not in backend.clusters:
        raise DBClusterNotFoundError(identifier)
    cluster = backend.clusters[identifier]
    exports = kwargs.pop("cloudwatch_logs_export_configuration", None) or {}
    disabled = exports.get("DisableLogTypes") or []
    kept = [name for name in cluster.enabled_cloudwatch_logs_exports if name not in disabled]
    added = [name for name in exports.get("EnableLogTypes") or [] if name not in kept]
    authentication = kwargs.get("enable_iam_database_authentication")
    answer = stock(backend, kwargs)
    if authentication is not None:
        cluster.iam_auth = authentication
    cluster.enabled_cloudwatch_logs_exports = [*kept, *added]
    return answer


def _create_instance(stock: Callable[..., None], instance: Any, *parts: Any, **kwargs: Any) -> None:
    stock(instance, *parts, **kwargs)
    for name in _PERFORMANCE_INSIGHTS:
        if kwargs.get(name) is not None:
            setattr(instance, name, kwargs[name])


def _performance_insights(instance: DBInstance) -> bool:
    return bool(getattr(instance, "enable_performance_insights", False))
