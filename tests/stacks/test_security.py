"""Security properties of everything that the programs register."""

import json
from collections.abc import Iterator
from typing import Any

from tests.stacks.program import ACCOUNT_ID, PASSWORD, Recording, Resource

# Actions without resource-level permissions: AWS accepts nothing but "*" for them. (Service
# Authorization Reference: EC2, X-Ray, CloudWatch and delivery of logs, DMS; the role with which
# API Gateway logs.)
WITHOUT_RESOURCES = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "dms:DescribeReplicationTasks",
    "dms:DescribeConnections",
    "dms:DescribeEndpoints",
    "cloudwatch:GetMetricStatistics",
}


def statements(resource: Resource, name: str = "policy") -> list[dict[str, Any]]:
    """Return the statements of a policy document among a resource's inputs."""
    document = json.loads(resource.inputs[name])
    assert document["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = document["Statement"]
    return found


def identity_statements(recordings: dict[str, Recording]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each statement of each role's policy with the policy's name."""
    for recording in recordings.values():
        for policy in recording.of_type("RolePolicy"):
            for statement in statements(policy):
                yield policy.name, statement


def test_roles_may_do_named_actions_only(recordings: dict[str, Recording]) -> None:
    found = list(identity_statements(recordings))

    assert found
    for name, statement in found:
        assert all("*" not in action for action in statement["Action"]), name


def test_roles_act_on_named_resources_unless_aws_has_none(recordings: dict[str, Recording]) -> None:
    for name, statement in identity_statements(recordings):
        if statement["Resource"] == ["*"] and "api-gateway-logs" not in name:
            assert set(statement["Action"]) <= WITHOUT_RESOURCES, name


def test_every_role_is_assumed_by_one_service(recordings: dict[str, Recording]) -> None:
    for recording in recordings.values():
        for role in recording.of_type("Role"):
            (statement,) = statements(role, "assumeRolePolicy")
            assert statement["Action"] == "sts:AssumeRole"
            assert list(statement["Principal"]) == ["Service"]


def test_keys_rotate_and_are_open_only_to_the_account_and_to_bounded_services(
    recordings: dict[str, Recording],
) -> None:
    keys = [key for recording in recordings.values() for key in recording.of_type("Key")]

    assert len(keys) == 3
    for key in keys:
        assert key.inputs["enableKeyRotation"] is True
        owner, *services = statements(key)
        assert owner["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
        for statement in services:
            assert "kms:*" not in statement["Action"]
            assert ACCOUNT_ID in json.dumps(statement["Condition"])


def test_every_log_group_is_encrypted_and_forgets(recordings: dict[str, Recording]) -> None:
    groups = [g for recording in recordings.values() for g in recording.of_type("LogGroup")]

    assert groups
    for group in groups:
        assert ":kms:" in group.inputs["kmsKeyId"], group.name
        assert group.inputs["retentionInDays"] > 0


def test_databases_are_encrypted_private_and_speak_tls(recordings: dict[str, Recording]) -> None:
    data = recordings["data"]

    for cluster in data.of_type("Cluster"):
        assert cluster.inputs["storageEncrypted"] is True
        assert ":kms:" in cluster.inputs["kmsKeyId"]
    for instance in data.of_type("ClusterInstance"):
        assert instance.inputs["publiclyAccessible"] is False
        assert ":kms:" in instance.inputs["performanceInsightsKmsKeyId"]
    for group in data.of_type("ClusterParameterGroup"):
        values = {item["name"]: item["value"] for item in group.inputs["parameters"]}
        assert values["rds.force_ssl"] == "1"
    for endpoint in recordings["migration"].of_type("Endpoint"):
        assert endpoint.inputs["sslMode"] == "require"


def test_credentials_are_fetched_and_stay_secret(recordings: dict[str, Recording]) -> None:
    fetched = "aws:secretsmanager/getSecretVersion:getSecretVersion"
    databases = recordings["data"].of_type("Cluster")
    endpoints = recordings["migration"].of_type("Endpoint")

    assert recordings["data"].calls.count(fetched) == 2
    assert all(c.inputs["masterPassword"] == PASSWORD for c in databases)
    assert all("masterPassword" in cluster.secret_inputs for cluster in databases)
    assert all("password" in endpoint.secret_inputs for endpoint in endpoints)
    for recording in recordings.values():
        assert PASSWORD not in json.dumps(recording.outputs)
        assert "Secret" not in {r.type.rsplit(":", 1)[-1] for r in recording.resources}


def test_buckets_are_private_versioned_encrypted_and_refuse_plain_http(
    recordings: dict[str, Recording],
) -> None:
    migration = recordings["migration"]
    names = {bucket.inputs["bucket"] for bucket in migration.of_type("Bucket")}

    assert len(names) == 3
    for part in (
        "BucketVersioning",
        "BucketServerSideEncryptionConfiguration",
        "BucketPublicAccessBlock",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketLifecycleConfiguration",
    ):
        assert len(migration.of_type(part)) == len(names), part
    for block in migration.of_type("BucketPublicAccessBlock"):
        switches = {k: v for k, v in block.inputs.items() if k.startswith(("block", "ign", "rest"))}
        assert set(switches.values()) == {True}
        assert len(switches) == 4
    for policy in migration.of_type("BucketPolicy"):
        (statement,) = statements(policy)
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for encryption in migration.of_type("BucketServerSideEncryptionConfiguration"):
        (rule,) = encryption.inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"


def test_nothing_accepts_traffic_from_anywhere(recordings: dict[str, Recording]) -> None:
    rules = recordings["network"].of_type("SecurityGroupIngressRule")

    assert rules
    for rule in rules:
        assert rule.inputs.get("cidrIpv4") != "0.0.0.0/0"
        assert rule.inputs["fromPort"] == rule.inputs["toPort"]
        assert rule.inputs["fromPort"] in (5432, 443)


def test_topics_are_encrypted_and_only_named_senders_publish(
    recordings: dict[str, Recording],
) -> None:
    recording = recordings["observability"]
    rules = {rule.name for rule in recording.of_type("EventRule")}

    assert len(recording.of_type("Topic")) == 4
    assert all(":kms:" in topic.inputs["kmsMasterKeyId"] for topic in recording.of_type("Topic"))
    allowed = set()
    for policy in recording.of_type("TopicPolicy"):
        for statement in statements(policy):
            assert statement["Action"] == ["sns:Publish"]
            sources = statement["Condition"]["ArnLike"]["aws:SourceArn"]
            if statement["Principal"] == {"Service": "events.amazonaws.com"}:
                allowed |= {arn.rsplit("/", 1)[-1] for arn in sources}
    assert allowed == rules
