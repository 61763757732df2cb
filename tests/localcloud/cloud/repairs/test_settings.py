"""RDS, KMS, logs, Lambda and API Gateway: settings that moto forgets, and what is not there."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[[str], Any]


def _code(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)
    return str(caught.value.response["Error"]["Code"])


def test_a_subnet_group_survives_its_change(aws: Client, subnets: list[str]) -> None:
    rds = aws("rds")
    name = {"DBSubnetGroupName": "dbsg-sample"}
    rds.create_db_subnet_group(**name, DBSubnetGroupDescription="sample", SubnetIds=subnets)
    rds.modify_db_subnet_group(**name, SubnetIds=subnets[:1])
    group = rds.describe_db_subnet_groups(**name)["DBSubnetGroups"][0]
    assert [subnet["SubnetIdentifier"] for subnet in group["Subnets"]] == subnets[:1]
    rds.delete_db_subnet_group(**name)
    assert _code(rds.modify_db_subnet_group, **name, SubnetIds=subnets) == (
        "DBSubnetGroupNotFoundFault"
    )


def test_parameters_are_reset(aws: Client) -> None:
    rds = aws("rds")
    name = {"DBClusterParameterGroupName": "cpg-sample"}
    rds.create_db_cluster_parameter_group(
        **name, DBParameterGroupFamily="aurora-postgresql17", Description="sample"
    )
    parameters = [
        {"ParameterName": each, "ParameterValue": "1", "ApplyMethod": "immediate"}
        for each in ("rds.force_ssl", "log_connections", "log_disconnections")
    ]
    rds.modify_db_cluster_parameter_group(**name, Parameters=parameters)

    def left() -> list[str]:
        found = rds.describe_db_cluster_parameters(**name, Source="user")["Parameters"]
        return sorted(each["ParameterName"] for each in found)

    rds.reset_db_cluster_parameter_group(**name, Parameters=parameters[:1])
    assert left() == ["log_connections", "log_disconnections"]
    rds.reset_db_cluster_parameter_group(**name, ResetAllParameters=True)
    assert left() == []
    rds.delete_db_cluster_parameter_group(**name)


def test_a_cluster_keeps_what_is_modified(aws: Client) -> None:
    rds = aws("rds")
    name = {"DBClusterIdentifier": "cluster-sample"}
    rds.create_db_cluster(
        **name,
        Engine="aurora-postgresql",
        MasterUsername="payments",
        MasterUserPassword="not-a-real-password",
        EnableCloudwatchLogsExports=["postgresql"],
    )
    rds.modify_db_cluster(
        **name,
        EnableIAMDatabaseAuthentication=True,
        CloudwatchLogsExportConfiguration={"DisableLogTypes": ["postgresql"]},
    )
    cluster = rds.describe_db_clusters(**name)["DBClusters"][0]
    assert cluster["IAMDatabaseAuthenticationEnabled"] is True
    assert cluster.get("EnabledCloudwatchLogsExports", []) == []
    rds.modify_db_cluster(
        **name, CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]}
    )
    cluster = rds.describe_db_clusters(**name)["DBClusters"][0]
    assert cluster["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert cluster["IAMDatabaseAuthenticationEnabled"] is True
    rds.delete_db_cluster(**name, SkipFinalSnapshot=True)


def test_a_key_policy_may_have_a_single_statement(aws: Client) -> None:
    kms = aws("kms")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))
    identifier = key["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId=identifier)["KeyMetadata"]["Enabled"]
    denied = json.dumps({"Statement": {**statement, "Effect": "Deny", "Action": ["kms:*"]}})
    locked = kms.create_key(Policy=denied)["KeyMetadata"]["KeyId"]
    assert _code(kms.describe_key, KeyId=locked) == "AccessDeniedException"


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "HMAC_256"])
def test_a_symmetric_key_has_no_public_key(aws: Client, spec: Any) -> None:
    kms = aws("kms")
    usage = "GENERATE_VERIFY_MAC" if spec.startswith("HMAC") else "ENCRYPT_DECRYPT"
    key = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    assert _code(kms.get_public_key, KeyId=key) == "UnsupportedOperationException"


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
def test_an_asymmetric_key_has_one(aws: Client, spec: Any) -> None:
    kms = aws("kms")
    key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    assert len(kms.get_public_key(KeyId=key)["PublicKey"]) > 50


def test_a_log_group_gets_and_loses_its_key(aws: Client) -> None:
    logs = aws("logs")
    key = "arn:aws:kms:ap-southeast-1:123456789012:key/1"
    logs.create_log_group(logGroupName="/sample/key")

    def kept() -> Any:
        found = logs.describe_log_groups(logGroupNamePrefix="/sample/key")["logGroups"]
        return found[0].get("kmsKeyId")

    logs.associate_kms_key(logGroupName="/sample/key", kmsKeyId=key)
    assert kept() == key
    logs.disassociate_kms_key(logGroupName="/sample/key")
    assert kept() is None
    logs.delete_log_group(logGroupName="/sample/key")
    unknown = {"logGroupName": "/sample/key", "kmsKeyId": key}
    assert _code(logs.associate_kms_key, **unknown) == "ResourceNotFoundException"


def test_a_metric_filter_is_put_over_the_old_one(aws: Client) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/sample/filter")
    transformation = {"metricName": "Errors", "metricNamespace": "Payments", "metricValue": "1"}
    for pattern in ("ERROR", "WARNING"):
        logs.put_metric_filter(
            logGroupName="/sample/filter",
            filterName="filter-sample",
            filterPattern=pattern,
            metricTransformations=[transformation],
        )
    filters = logs.describe_metric_filters(logGroupName="/sample/filter")["metricFilters"]
    assert [each["filterPattern"] for each in filters] == ["WARNING"]
    logs.delete_log_group(logGroupName="/sample/filter")


def test_a_function_keeps_its_settings(aws: Client) -> None:
    iam, functions = aws("iam"), aws("lambda")
    role = iam.create_role(RoleName="role-settings", AssumeRolePolicyDocument="{}")["Role"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def handle(event, context): return None\n")
    queue = "arn:aws:sqs:ap-southeast-1:123456789012:queue-sample"
    name = {"FunctionName": "function-settings"}
    functions.create_function(
        **name,
        Role=role["Arn"],
        Runtime="python3.12",
        Handler="handler.handle",
        Code={"ZipFile": code.getvalue()},
        DeadLetterConfig={"TargetArn": queue},
    )
    made = functions.get_function_configuration(**name)
    assert made["DeadLetterConfig"] == {"TargetArn": queue}
    group = "/aws/lambda/function-settings"
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": group}
    functions.update_function_configuration(
        **name,
        DeadLetterConfig={"TargetArn": ""},
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/payments/function"},
        TracingConfig={"Mode": "Active"},
        EphemeralStorage={"Size": 1024},
    )
    changed = functions.get_function_configuration(**name)
    assert "DeadLetterConfig" not in changed
    assert changed["LoggingConfig"]["LogGroup"] == "/payments/function"
    assert changed["TracingConfig"] == {"Mode": "Active"}
    assert changed["EphemeralStorage"] == {"Size": 1024}
    functions.delete_function(**name)
    iam.delete_role(RoleName="role-settings")


@pytest.fixture
def api(aws: Client) -> Iterator[str]:
    gateway = aws("apigateway")
    made = gateway.create_rest_api(name="api-sample", tags={"Layer": "edge"})["id"]
    yield made
    gateway.delete_rest_api(restApiId=made)


def test_an_api_is_tagged(aws: Client, api: str) -> None:
    gateway = aws("apigateway")
    arn = f"arn:aws:apigateway:ap-southeast-1::/restapis/{api}"
    gateway.tag_resource(resourceArn=arn, tags={"Name": "sample"})
    gateway.untag_resource(resourceArn=arn, tagKeys=["Layer"])
    assert gateway.get_tags(resourceArn=arn)["tags"] == {"Name": "sample"}
    assert gateway.get_rest_api(restApiId=api)["tags"] == {"Name": "sample"}


def test_the_endpoint_switch_of_an_api_can_be_turned_off(aws: Client, api: str) -> None:
    gateway = aws("apigateway")
    for value in ("true", "false"):
        operation = {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": value}
        gateway.update_rest_api(restApiId=api, patchOperations=[operation])
        found = gateway.get_rest_api(restApiId=api)["disableExecuteApiEndpoint"]
        assert found is (value == "true")


def test_a_model_is_updated(aws: Client, api: str) -> None:
    gateway = aws("apigateway")
    name = {"restApiId": api, "modelName": "Payment"}
    gateway.create_model(restApiId=api, name="Payment", contentType="application/json", schema="{}")
    operation = {"op": "replace", "path": "/schema", "value": '{"type": "object"}'}
    gateway.update_model(**name, patchOperations=[operation])
    assert gateway.get_model(**name)["schema"] == '{"type": "object"}'
    wrong = {"op": "replace", "path": "/name", "value": "Other"}
    assert _code(gateway.update_model, **name, patchOperations=[wrong]) == "BadRequestException"


def test_settings_of_a_stage_are_removed(aws: Client, api: str) -> None:
    gateway = aws("apigateway")
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(**method, type="MOCK")
    deployment = gateway.create_deployment(restApiId=api)["id"]
    stage = {"restApiId": api, "stageName": "live"}
    gateway.create_stage(**stage, deploymentId=deployment)

    def patch(*operations: tuple[str, str, str]) -> Any:
        listed = [
            {"op": op, "path": path, "value": value} if value else {"op": op, "path": path}
            for op, path, value in operations
        ]
        return gateway.update_stage(**stage, patchOperations=listed)

    patch(
        ("replace", "/*/*/logging/loglevel", "INFO"),
        ("replace", "/*/*/throttling/burstLimit", "10"),
        ("replace", "/accessLogSettings/format", "$context.requestId"),
    )
    kept = patch(
        ("remove", "/*/*/logging/loglevel", ""), ("remove", "/*/*/throttling/burstLimit", "")
    )
    assert "loggingLevel" not in kept["methodSettings"]["*/*"]
    assert kept["methodSettings"]["*/*"]["throttlingBurstLimit"] == 2000
    bare = patch(("remove", "/*/*", ""), ("remove", "/accessLogSettings/format", ""))
    assert bare["methodSettings"] == {}
    assert "accessLogSettings" not in bare
    gateway.delete_stage(**stage)


def test_what_an_api_does_not_have_is_told(aws: Client, api: str) -> None:
    gateway = aws("apigateway")
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    for call, arguments in (
        (gateway.get_integration, method),
        (gateway.delete_integration, method),
        (gateway.delete_resource, {"restApiId": api, "resourceId": "unknown"}),
        (gateway.delete_authorizer, {"restApiId": api, "authorizerId": "unknown"}),
        (gateway.get_request_validator, {"restApiId": api, "requestValidatorId": "unknown"}),
        (gateway.delete_request_validator, {"restApiId": api, "requestValidatorId": "unknown"}),
        (gateway.get_deployment, {"restApiId": api, "deploymentId": "unknown"}),
        (gateway.delete_rest_api, {"restApiId": "unknown"}),
    ):
        assert _code(call, **arguments) == "NotFoundException"
