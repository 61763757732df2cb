"""Cluster parameters that a migration needs, and the family that they belong to.

Sources: Amazon Aurora User Guide, "Setting up logical replication for your Aurora PostgreSQL DB
cluster" (rds.logical_replication, static) and "Securing Aurora PostgreSQL data with SSL/TLS"
(rds.force_ssl); PostgreSQL manual, "Error Reporting and Logging".
"""

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from pulumi_aws.rds import ClusterParameterGroupParameterArgsDict

_SLOW_STATEMENT_MILLISECONDS = 1000


def _at_once(name: str, value: str) -> "ClusterParameterGroupParameterArgsDict":
    return {"name": name, "value": value, "apply_method": "immediate"}


CLUSTER_PARAMETERS: list[pulumi.Input["ClusterParameterGroupParameterArgsDict"]] = [
    {"name": "rds.logical_replication", "value": "1", "apply_method": "pending-reboot"},
    _at_once("rds.force_ssl", "1"),
    _at_once("log_min_duration_statement", str(_SLOW_STATEMENT_MILLISECONDS)),
    _at_once("log_lock_waits", "1"),
    _at_once("log_statement", "ddl"),
]


def parameter_family(engine_version: str) -> str:
    """Return the family of an engine version: ``aurora-postgresql14`` for 14.6."""
    return f"aurora-postgresql{engine_version.split('.')[0]}"
