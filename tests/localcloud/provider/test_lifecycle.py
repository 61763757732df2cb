"""Updates that converge, drift that shows, deletions that may be repeated."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from localcloud.provider.wire import UNKNOWN, from_struct, to_struct
from tests.localcloud.provider.engine import Engine, Resource
from tests.localcloud.provider.surroundings import Surroundings

PARAMETER = "aws:ssm/parameter:Parameter"
BUCKET = "aws:s3/bucket:Bucket"
SUBNET = "aws:ec2/subnet:Subnet"
FUNCTION = "aws:lambda/function:Function"

Client = Callable[[str], Any]


@pytest.fixture
def aws(moto_url: str) -> Iterator[Client]:
    """Make boto3 clients of the cloud, as somebody else would use it."""
    made: list[Any] = []

    def client(service: str) -> Any:
        made.append(
            boto3.client(
                service,  # type: ignore[call-overload]  # the stubs want a literal
                endpoint_url=moto_url,
                region_name="ap-southeast-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        )
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture
def surroundings(engine: Engine, tmp_path: Path) -> Iterator[Surroundings]:
    made = Surroundings(engine, tmp_path)
    yield made
    made.clean_up()


def test_drift_shows_and_an_update_repairs_it(engine: Engine, aws: Client) -> None:
    inputs = {"name": "/payments/local/drift", "type": "String", "value": "mine"}
    resource = engine.create(PARAMETER, inputs)
    aws("ssm").put_parameter(Name=inputs["name"], Value="theirs", Overwrite=True)
    live = engine.read(resource)
    assert live is not None
    assert live.inputs["value"] == "theirs"
    assert list(engine.diff(live, resource.inputs).diffs) == ["value"]
    assert engine.update(live, resource.inputs).outputs["value"] == "mine"
    engine.delete(resource)


def test_removed_tags_are_drift(engine: Engine, aws: Client) -> None:
    resource = engine.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.4.0.0/16", "tags": {"a": "1"}})
    aws("ec2").delete_tags(Resources=[resource.resource_id], Tags=[{"Key": "a"}])
    live = engine.read(resource)
    assert live is not None
    assert list(engine.diff(live, resource.inputs).diffs) == ["tags"]
    engine.delete(resource)


def test_a_value_that_the_program_ignores_keeps_what_others_wrote(
    engine: Engine, aws: Client
) -> None:
    """The route parameter: created by a stack, changed by a workflow, described anew."""
    inputs = {"name": "/payments/local/route", "type": "String", "value": "source"}
    resource = engine.create(PARAMETER, inputs)
    aws("ssm").put_parameter(Name=inputs["name"], Value="target", Overwrite=True)
    wanted = {**resource.inputs, "description": "the route"}
    response = engine.stub.Update(
        proto.UpdateRequest(
            id=resource.resource_id,
            urn=resource.urn,
            olds=to_struct(resource.outputs),
            old_inputs=to_struct(resource.inputs),
            news=to_struct(wanted),
            ignoreChanges=["value"],
        )
    )
    outputs = from_struct(response.properties)
    assert outputs["description"] == "the route"
    assert outputs["value"] == "target"
    engine.delete(resource)


def test_a_bucket_with_versions_is_emptied_only_where_the_program_says_so(
    engine: Engine, aws: Client, surroundings: Surroundings
) -> None:
    inputs = {"bucket": surroundings.name("bucket-full"), "forceDestroy": False}
    bucket = engine.create(BUCKET, inputs)
    versioning = {
        "bucket": bucket.resource_id,
        "versioningConfiguration": {"status": "Enabled"},
    }
    engine.create("aws:s3/bucketVersioning:BucketVersioning", versioning)
    s3 = aws("s3")
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket.resource_id, Key="checkpoint", Body=body)
    s3.delete_object(Bucket=bucket.resource_id, Key="checkpoint")
    with pytest.raises(grpc.RpcError, match="BucketNotEmpty"):
        engine.delete(bucket)
    forced = engine.update(bucket, engine.check(BUCKET, {**inputs, "forceDestroy": True}))
    engine.delete(forced)
    assert engine.read(bucket) is None


def test_new_code_reaches_the_function_as_a_new_version(
    engine: Engine, aws: Client, surroundings: Surroundings
) -> None:
    function = surroundings.function
    assert function.outputs["version"] == "1"
    code = surroundings.archive("other")
    wanted = engine.check(FUNCTION, {**function.inputs, "code": code})
    updated = engine.update(function, wanted)
    assert updated.outputs["version"] == "2"
    assert updated.outputs["qualifiedArn"].endswith(":2")
    size = aws("lambda").get_function(FunctionName=function.resource_id)["Configuration"][
        "CodeSize"
    ]
    assert size == Path(code["path"]).stat().st_size


def test_a_property_that_cannot_be_unset_is_told_by_name(
    engine: Engine, surroundings: Surroundings
) -> None:
    kind = "aws:rds/cluster:Cluster"
    inputs = {
        "clusterIdentifier": surroundings.name("cluster-unset"),
        "engine": "aurora-postgresql",
        "masterUsername": "payments",
        "masterPassword": "not-a-real-password",
        "preferredBackupWindow": "17:00-18:00",
        "skipFinalSnapshot": True,
    }
    cluster = surroundings.make(kind, inputs)
    del inputs["preferredBackupWindow"]
    with pytest.raises(grpc.RpcError, match=r"preferredBackupWindow of .* cannot be unset"):
        engine.update(cluster, engine.check(kind, inputs))


def test_a_preview_knows_the_inputs_and_not_what_aws_decides(engine: Engine) -> None:
    inputs = {"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/24", "tags": {"a": "1"}}
    outputs = engine.preview_create(SUBNET, inputs)
    assert outputs["cidrBlock"] == "10.0.0.0/24"
    assert outputs["arn"] == UNKNOWN
    assert outputs["vpcId"] == UNKNOWN
    assert outputs["tagsAll"] == {"a": "1"}


def test_a_resource_is_found_by_its_id_alone(engine: Engine, surroundings: Surroundings) -> None:
    role = surroundings.role
    found = engine.read(Resource(role.urn, role.resource_id, {}, {}))
    assert found is not None
    assert found.inputs["assumeRolePolicy"] is not None
    assert found.outputs["arn"] == role.outputs["arn"]


def test_an_unknown_id_is_gone(engine: Engine) -> None:
    urn = "urn:pulumi:local::tests::aws:ec2/vpc:Vpc::gone"
    assert engine.read(Resource(urn, "vpc-0123456789abcdef0", {}, {})) is None


def test_the_stage_is_served_where_the_cloud_serves_it(
    engine: Engine, moto_url: str, surroundings: Surroundings
) -> None:
    inputs = {
        "restApi": surroundings.api.resource_id,
        "stageName": "live",
        "deployment": surroundings.deployment(),
    }
    stage = surroundings.make("aws:apigateway/stage:Stage", inputs)
    api = surroundings.api.resource_id
    assert stage.outputs["invokeUrl"] == f"{moto_url}/restapis/{api}/live/_user_request_"
