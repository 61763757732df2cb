"""What counts as a change, what forces a replacement, and in which order it is replaced."""

import json
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from localcloud.provider.comparison import same
from localcloud.provider.diff import diff
from localcloud.provider.services import RESOURCE_TYPES
from localcloud.provider.wire import ARCHIVE, SIGNATURE_KEY, UNKNOWN, Properties
from tests.localcloud.provider.engine import Engine, Resource

BUCKET = RESOURCE_TYPES["aws:s3/bucket:Bucket"]
SUBNET = RESOURCE_TYPES["aws:ec2/subnet:Subnet"]
DEPLOYMENT = RESOURCE_TYPES["aws:apigateway/deployment:Deployment"]
FUNCTION = RESOURCE_TYPES["aws:lambda/function:Function"]
ROLE = RESOURCE_TYPES["aws:iam/role:Role"]
MACHINE = RESOURCE_TYPES["aws:sfn/stateMachine:StateMachine"]


def statement(**parts: Any) -> str:
    merged = {"Effect": "Allow", "Action": ["a:One", "a:Two"], "Resource": "*", **parts}
    return json.dumps({"Version": "2012-10-17", "Statement": [merged]})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["b", "a"], ["a", "b"]),
        (None, []),
        ("", None),
        ({"key": None}, {}),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}'),
        (statement(), statement(Action=["a:Two", "a:One"])),
        (statement(Resource="x"), statement(Resource=["x"])),
        (
            statement(Condition={"StringEquals": {"k": "v"}}),
            statement(Condition={"StringEquals": {"k": ["v"]}}),
        ),
        ([{"id": 1, "x": [1, 2]}, {"id": 2}], [{"id": 2}, {"x": [2, 1], "id": 1}]),
    ],
)
def test_values_that_mean_the_same_to_aws(left: Any, right: Any) -> None:
    assert same(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["a"], ["a", "b"]),
        (False, None),
        (0, None),
        (statement(), statement(Effect="Deny")),
        (statement(Action="a:One"), statement()),
        ('{"States": ["one", "two"]}', '{"States": ["two", "one"]}'),
        ('{"a": 1}', '{"a": 2}'),
    ],
)
def test_values_that_differ(left: Any, right: Any) -> None:
    assert not same(left, right)


def test_the_order_of_choices_in_a_state_machine_counts() -> None:
    first = json.dumps({"States": {"Choose": {"Choices": [{"Next": "A"}, {"Next": "B"}]}}})
    second = json.dumps({"States": {"Choose": {"Choices": [{"Next": "B"}, {"Next": "A"}]}}})
    assert diff(MACHINE, {"definition": first}, {"definition": second}).changes


def test_the_order_of_layers_counts() -> None:
    assert diff(FUNCTION, {"layers": ["a", "b"]}, {"layers": ["b", "a"]}).changes


def test_code_is_compared_by_its_hash() -> None:
    def archive(path: str, digest: str) -> Properties:
        return {"code": {SIGNATURE_KEY: ARCHIVE, "path": path, "hash": digest}}

    assert not diff(FUNCTION, archive("/a.zip", "1"), archive("/b.zip", "1")).changes
    assert diff(FUNCTION, archive("/a.zip", "1"), archive("/a.zip", "2")).changes


def test_tags_change_in_place_everywhere() -> None:
    for resource_type in RESOURCE_TYPES.values():
        if resource_type.tagging is not None:
            found = diff(resource_type, {"tags": {"a": "1"}}, {"tags": {"a": "2"}})
            assert found.changes == {"tags": "UPDATE"}
            assert not found.replaces


def test_what_cannot_be_changed_forces_a_replacement() -> None:
    found = diff(SUBNET, {"cidrBlock": "10.0.0.0/24"}, {"cidrBlock": "10.0.1.0/24"})
    assert found.replaces == {"cidrBlock"}
    assert not found.delete_first


def test_a_resource_that_keeps_its_name_is_deleted_before_it_is_replaced() -> None:
    old = {"bucket": "bucket-one-local", "objectLockEnabled": False}
    assert diff(BUCKET, old, {**old, "objectLockEnabled": True}).delete_first
    renamed = {"bucket": "bucket-two-local", "objectLockEnabled": True}
    assert not diff(BUCKET, old, renamed).delete_first


def test_triggers_replace_a_deployment_and_go_nowhere_else() -> None:
    found = diff(DEPLOYMENT, {"triggers": {"a": "1"}}, {"triggers": {"a": "2"}})
    assert found.replaces == {"triggers"}
    assert not found.delete_first


def test_a_value_that_is_not_known_yet_counts_as_changed() -> None:
    assert diff(SUBNET, {"vpcId": "vpc-1"}, {"vpcId": UNKNOWN}).replaces == {"vpcId"}


def test_ignored_properties_do_not_count() -> None:
    assert not diff(ROLE, {"description": "a"}, {"description": "b"}, ["description"]).changes


def test_the_protocol_carries_kinds_and_replacements(engine: Engine) -> None:
    old = {"bucket": "bucket-one-local", "forceDestroy": False}
    resource = Resource("urn:pulumi:local::p::aws:s3/bucket:Bucket::b", "b", old, old)
    response = engine.diff(resource, {**old, "forceDestroy": True, "objectLockEnabled": True})
    kinds = proto.PropertyDiff
    assert response.changes == proto.DiffResponse.DIFF_SOME
    assert list(response.replaces) == ["objectLockEnabled"]
    assert response.deleteBeforeReplace
    assert response.detailedDiff["forceDestroy"].kind == kinds.UPDATE
    assert response.detailedDiff["objectLockEnabled"].kind == kinds.ADD_REPLACE
