"""Mistakes are said before anything is created, with the property that is at fault."""

import json
from typing import Any

import pytest

from localcloud.provider.wire import ARCHIVE, SIGNATURE_KEY, UNKNOWN, Properties
from tests.localcloud.provider.engine import CheckFailedError, Engine
from tests.localcloud.provider.surroundings import policy

VPC = "aws:ec2/vpc:Vpc"
CLUSTER = "aws:rds/cluster:Cluster"
FUNCTION = "aws:lambda/function:Function"
QUEUE = "aws:sqs/queue:Queue"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

FUNCTION_INPUTS: Properties = {
    "name": "payments",
    "role": "arn:aws:iam::123456789012:role/payments",
    "runtime": "python3.12",
    "handler": "handler.handle",
    "s3Bucket": "code",
    "s3Key": "payments.zip",
}
CLUSTER_INPUTS: Properties = {
    "clusterIdentifier": "cluster-source-local",
    "engine": "aurora-postgresql",
    "masterUsername": "payments",
    "masterPassword": "long-enough",
}
RULE_INPUTS: Properties = {
    "securityGroupId": "sg-0123456789abcdef0",
    "ipProtocol": "tcp",
    "fromPort": 5432,
    "toPort": 5432,
    "cidrIpv4": "10.0.0.0/16",
}


def faults(engine: Engine, kind: str, inputs: Properties) -> dict[str, str]:
    """Return the reasons by property; fails when there is nothing wrong."""
    with pytest.raises(CheckFailedError) as refused:
        engine.check(kind, inputs)
    reasons: dict[str, str] = {}
    for name, reason in refused.value.faults:
        reasons[name] = f"{reasons[name]}; {reason}" if name in reasons else reason
    return reasons


@pytest.mark.parametrize(
    ("kind", "inputs", "name", "reason"),
    [
        (VPC, {"cidrBlock": "10.0.0.1/16"}, "cidrBlock", "host bits set"),
        (VPC, {"cidrBlock": "10.0.0.0/8"}, "cidrBlock", "/16 to /28"),
        (VPC, {"cidrBlock": "10.0.0/16"}, "cidrBlock", "not a CIDR block"),
        (VPC, {}, "cidrBlock", "exactly one of cidrBlock"),
        (VPC, {"cidrBlock": "10.0.0.0/16", "cidr": "x"}, "cidr", "has no property 'cidr'"),
        (
            VPC,
            {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "shared"},
            "instanceTenancy",
            "'shared' is not one of default, dedicated, host",
        ),
        (
            VPC,
            {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": "maybe"},
            "enableDnsSupport",
            "neither true nor false",
        ),
        (
            "aws:ec2/subnet:Subnet",
            {"cidrBlock": "10.0.0.0/29", "vpcId": "vpc-1"},
            "cidrBlock",
            "/16 to /28",
        ),
        ("aws:ec2/subnet:Subnet", {"cidrBlock": "10.0.0.0/24"}, "vpcId", "missing required"),
        (RULE, {**RULE_INPUTS, "toPort": 70000}, "toPort", "not a port"),
        (
            RULE,
            {**RULE_INPUTS, "referencedSecurityGroupId": "sg-1"},
            "cidrIpv4",
            "exactly one of",
        ),
        (
            "aws:ec2/securityGroup:SecurityGroup",
            {"name": "sg-database"},
            "name",
            "not a name that AWS allows",
        ),
        (CLUSTER, {**CLUSTER_INPUTS, "masterPassword": "short"}, "masterPassword", "8 to 128"),
        (CLUSTER, {**CLUSTER_INPUTS, "masterPassword": "with a blank"}, "masterPassword", "8 to"),
        (CLUSTER, {**CLUSTER_INPUTS, "masterPassword": "with/slash"}, "masterPassword", "slash"),
        (
            CLUSTER,
            {**CLUSTER_INPUTS, "clusterIdentifier": "Source_Cluster"},
            "clusterIdentifier",
            "single hyphens",
        ),
        (CLUSTER, {**CLUSTER_INPUTS, "backupRetentionPeriod": 90}, "backupRetentionPeriod", "35"),
        (CLUSTER, {**CLUSTER_INPUTS, "engine": "oracle"}, "engine", "not one of"),
        (
            CLUSTER,
            {**CLUSTER_INPUTS, "serverlessv2ScalingConfiguration": {"minimum": 1}},
            "serverlessv2ScalingConfiguration",
            "serverlessv2ScalingConfiguration.minimum: is not a setting",
        ),
        (FUNCTION, {**FUNCTION_INPUTS, "memorySize": 64}, "memorySize", "128 to 10240"),
        (FUNCTION, {**FUNCTION_INPUTS, "timeout": 1000}, "timeout", "1 to 900"),
        (FUNCTION, {**FUNCTION_INPUTS, "runtime": "python2.7.1"}, "runtime", "is not one of"),
        (FUNCTION, {**FUNCTION_INPUTS, "role": "payments"}, "role", "does not match"),
        (
            FUNCTION,
            {**FUNCTION_INPUTS, "environment": {"variables": {"NOT VALID": "1"}}},
            "environment",
            "does not match",
        ),
        (
            "aws:cloudwatch/logGroup:LogGroup",
            {"name": "lg", "retentionInDays": 13},
            "retentionInDays",
            "13 is not one of",
        ),
        ("aws:sns/topic:Topic", {"name": "with space"}, "name", "letters, digits"),
        (
            QUEUE,
            {"name": "queue", "visibilityTimeoutSeconds": 50000},
            "visibilityTimeoutSeconds",
            "",
        ),
        (
            "aws:iam/role:Role",
            {"name": "role", "assumeRolePolicy": '{"Version": "2012-10-17"}'},
            "assumeRolePolicy",
            "needs a Statement",
        ),
        (
            "aws:iam/role:Role",
            {"name": "role", "assumeRolePolicy": policy("lambda.amazonaws.com")[:-2]},
            "assumeRolePolicy",
            "is not JSON",
        ),
        ("aws:s3/bucket:Bucket", {"bucket": "Upper"}, "bucket", "lower-case"),
        (
            "aws:cloudwatch/eventRule:EventRule",
            {"name": "rule", "scheduleExpression": "every minute"},
            "scheduleExpression",
            "rate(...) or cron(...)",
        ),
        (
            "aws:dms/replicationTask:ReplicationTask",
            {
                "replicationTaskId": "task",
                "migrationType": "cdc",
                "replicationInstanceArn": "arn:aws:dms:x:1:rep:A",
                "sourceEndpointArn": "arn:aws:dms:x:1:endpoint:A",
                "targetEndpointArn": "arn:aws:dms:x:1:endpoint:B",
                "tableMappings": "{}",
                "startReplicationTask": True,
            },
            "startReplicationTask",
            "True is not one of False",
        ),
    ],
)
def test_a_mistake_is_told_with_its_property(
    engine: Engine, kind: str, inputs: Properties, name: str, reason: str
) -> None:
    assert reason in faults(engine, kind, inputs)[name]


def test_a_refused_password_does_not_appear_in_the_message(engine: Engine) -> None:
    inputs = {**CLUSTER_INPUTS, "masterPassword": "hunter 2 hunter"}
    assert "hunter" not in str(faults(engine, CLUSTER, inputs))


def test_values_that_are_not_known_yet_pass(engine: Engine) -> None:
    inputs = {**RULE_INPUTS, "securityGroupId": UNKNOWN, "cidrIpv4": UNKNOWN}
    assert engine.check(RULE, inputs)["cidrIpv4"] == UNKNOWN
    nested = {**FUNCTION_INPUTS, "vpcConfig": {"subnetIds": [UNKNOWN], "securityGroupIds": UNKNOWN}}
    assert engine.check(FUNCTION, nested)["vpcConfig"]["subnetIds"] == [UNKNOWN]


def test_a_mistake_beside_an_unknown_value_is_still_told(engine: Engine) -> None:
    inputs = {**RULE_INPUTS, "securityGroupId": UNKNOWN, "fromPort": -7}
    assert "fromPort" in faults(engine, RULE, inputs)


def test_a_name_is_made_up_and_kept(engine: Engine) -> None:
    first = engine.check(QUEUE, {})
    assert first["name"].startswith("example-")
    assert engine.check(QUEUE, {}, old=first)["name"] == first["name"]


def test_a_name_prefix_is_used(engine: Engine) -> None:
    assert engine.check(QUEUE, {"namePrefix": "orders-"})["name"].startswith("orders-")


def test_the_region_and_the_defaults_are_added(engine: Engine) -> None:
    inputs = engine.check("aws:ec2/eip:Eip", {})
    assert inputs == {"domain": "vpc", "region": "ap-southeast-1"}


def test_an_archive_gets_a_hash_of_its_content(engine: Engine, tmp_path: Any) -> None:
    path = tmp_path / "code.zip"
    path.write_bytes(b"one")
    inputs = {k: v for k, v in FUNCTION_INPUTS.items() if not k.startswith("s3")}
    inputs["code"] = {SIGNATURE_KEY: ARCHIVE, "path": str(path)}
    first = engine.check(FUNCTION, inputs)["code"]["hash"]
    path.write_bytes(b"two")
    assert engine.check(FUNCTION, inputs)["code"]["hash"] != first


def test_a_missing_archive_is_told(engine: Engine) -> None:
    inputs = {k: v for k, v in FUNCTION_INPUTS.items() if not k.startswith("s3")}
    inputs["code"] = {SIGNATURE_KEY: ARCHIVE, "path": "/nowhere/code.zip"}
    assert "/nowhere/code.zip" in faults(engine, FUNCTION, inputs)["code"]


def test_policies_pass_in_every_form_that_the_grammar_allows(engine: Engine) -> None:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "*"}}
    for form in (statement, [statement]):
        document = json.dumps({"Version": "2012-10-17", "Statement": form})
        assert engine.check("aws:kms/key:Key", {"policy": document})["policy"] == document
