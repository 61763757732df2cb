"""Everything that a laptop cloud holds, listed through boto3 and not through any state."""

from collections.abc import Callable
from typing import Any

Client = Callable[[str], Any]


def leftovers(client: Client) -> dict[str, list[str]]:
    """Return what is left of what the stacks create, by kind; empty when nothing is.

    What an account always has (default VPCs and their parts, AWS's own keys) is not counted, nor
    are the secrets that exist before the first deployment.
    """
    found = {
        **_network(client("ec2")),
        **_databases(client("rds"), client("dms")),
        **_storage(client("s3"), client("ssm"), client("kms")),
        **_rotations(client("secretsmanager")),
        **_compute(client("lambda"), client("apigateway"), client("stepfunctions"), client("iam")),
        **_signals(
            client("sns"), client("events"), client("cloudwatch"), client("logs"), client("sqs")
        ),
    }
    return {kind: names for kind, names in found.items() if names}


def _network(ec2: Any) -> dict[str, list[str]]:
    default = {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if v["IsDefault"]}
    gone = ("deleted", "deleting", "failed")

    def outside(items: list[dict[str, Any]], key: str) -> list[str]:
        return [item[key] for item in items if item.get("VpcId") not in default]

    def alive(items: list[dict[str, Any]], key: str) -> list[str]:
        return [item[key] for item in items if item.get("State", "") not in gone]

    gateways = [
        g
        for g in ec2.describe_internet_gateways()["InternetGateways"]
        if not {a["VpcId"] for a in g["Attachments"]} & default
    ]
    return {
        "vpcs": outside(ec2.describe_vpcs()["Vpcs"], "VpcId"),
        "subnets": outside(ec2.describe_subnets()["Subnets"], "SubnetId"),
        "route tables": outside(ec2.describe_route_tables()["RouteTables"], "RouteTableId"),
        "security groups": outside(ec2.describe_security_groups()["SecurityGroups"], "GroupId"),
        "internet gateways": [g["InternetGatewayId"] for g in gateways],
        "addresses": [a["AllocationId"] for a in ec2.describe_addresses()["Addresses"]],
        "nat gateways": alive(ec2.describe_nat_gateways()["NatGateways"], "NatGatewayId"),
        "endpoints": alive(ec2.describe_vpc_endpoints()["VpcEndpoints"], "VpcEndpointId"),
        "flow logs": [f["FlowLogId"] for f in ec2.describe_flow_logs()["FlowLogs"]],
        "transit gateways": alive(
            ec2.describe_transit_gateways()["TransitGateways"], "TransitGatewayId"
        ),
        "transit gateway attachments": alive(
            ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"],
            "TransitGatewayAttachmentId",
        ),
        "transit gateway route tables": alive(
            ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"],
            "TransitGatewayRouteTableId",
        ),
    }


def _databases(rds: Any, dms: Any) -> dict[str, list[str]]:
    return {
        "clusters": [c["DBClusterIdentifier"] for c in rds.describe_db_clusters()["DBClusters"]],
        "instances": [
            i["DBInstanceIdentifier"] for i in rds.describe_db_instances()["DBInstances"]
        ],
        "database subnet groups": [
            g["DBSubnetGroupName"] for g in rds.describe_db_subnet_groups()["DBSubnetGroups"]
        ],
        "cluster parameter groups": [
            g["DBClusterParameterGroupName"]
            for g in rds.describe_db_cluster_parameter_groups()["DBClusterParameterGroups"]
            if not g["DBClusterParameterGroupName"].startswith("default.")
        ],
        "replication instances": [
            i["ReplicationInstanceIdentifier"]
            for i in dms.describe_replication_instances()["ReplicationInstances"]
        ],
        "replication endpoints": [
            e["EndpointIdentifier"] for e in dms.describe_endpoints()["Endpoints"]
        ],
        "replication tasks": [
            t["ReplicationTaskIdentifier"]
            for t in dms.describe_replication_tasks()["ReplicationTasks"]
        ],
        "replication subnet groups": [
            g["ReplicationSubnetGroupIdentifier"]
            for g in dms.describe_replication_subnet_groups()["ReplicationSubnetGroups"]
        ],
    }


def _storage(s3: Any, ssm: Any, kms: Any) -> dict[str, list[str]]:
    keys = [kms.describe_key(KeyId=k["KeyId"])["KeyMetadata"] for k in kms.list_keys()["Keys"]]
    return {
        "buckets": [b["Name"] for b in s3.list_buckets()["Buckets"]],
        "parameters": [
            parameter["Name"]
            for page in ssm.get_paginator("describe_parameters").paginate()
            for parameter in page["Parameters"]
        ],
        "keys": [
            k["KeyId"]
            for k in keys
            if k["KeyManager"] == "CUSTOMER" and k["KeyState"] != "PendingDeletion"
        ],
        "aliases": [
            a["AliasName"]
            for a in kms.list_aliases()["Aliases"]
            if not a["AliasName"].startswith("alias/aws/")
        ],
    }


def _rotations(secrets: Any) -> dict[str, list[str]]:
    listed = secrets.list_secrets()["SecretList"]
    return {"rotations": [each["Name"] for each in listed if each.get("RotationEnabled")]}


def _compute(functions: Any, apis: Any, workflows: Any, iam: Any) -> dict[str, list[str]]:
    return {
        "functions": [f["FunctionName"] for f in functions.list_functions()["Functions"]],
        "apis": [a["name"] for a in apis.get_rest_apis()["items"]],
        "state machines": [m["name"] for m in workflows.list_state_machines()["stateMachines"]],
        "roles": [r["RoleName"] for r in iam.list_roles()["Roles"]],
        "policies": [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]],
    }


def _signals(sns: Any, events: Any, metrics: Any, logs: Any, sqs: Any) -> dict[str, list[str]]:
    return {
        "topics": [t["TopicArn"] for t in sns.list_topics()["Topics"]],
        "queues": sqs.list_queues().get("QueueUrls", []),
        "rules": [r["Name"] for r in events.list_rules()["Rules"]],
        "alarms": [a["AlarmName"] for a in metrics.describe_alarms()["MetricAlarms"]],
        "dashboards": [d["DashboardName"] for d in metrics.list_dashboards()["DashboardEntries"]],
        "log groups": [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]],
        "metric filters": [
            f["filterName"] for f in logs.describe_metric_filters()["metricFilters"]
        ],
    }
