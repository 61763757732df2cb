"""Drift of the five layers: nothing after a deployment, and exactly what somebody changed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.engines.drift import DriftResult, PropertyDrift
from deploy.engines.embedded import EmbeddedEngine
from deploy.engines.interface import Engine
from deploy.programs import ColdLauncher
from localcloud.control import LaptopCloud
from shared.contracts import CONTRACTS
from tooling.checkout import Checkout

ENVIRONMENT = "local"


@pytest.fixture
def engine(deployed: Checkout) -> Engine:
    cloud = LaptopCloud(deployed.home, ENVIRONMENT).info()
    assert cloud is not None
    return EmbeddedEngine(
        ENVIRONMENT,
        backend_root=deployed.home / "state",
        provider_addresses={"aws": cloud.provider_address},
        launcher=ColdLauncher(),
        folder_of=lambda layer: deployed.folder / "stacks" / layer,
    )


def _drift(engine: Engine, layer: str) -> DriftResult:
    result = engine.stack(layer).drift(lambda event: None)
    assert result.ok, result.errors
    return result


def _only_resource(engine: Engine, layer: str) -> tuple[str, tuple[PropertyDrift, ...]]:
    (resource,) = _drift(engine, layer).resources
    assert not resource.missing
    return resource.name, resource.properties


@contextmanager
def _parameter(ssm: Any, name: str, value: str) -> Iterator[None]:
    """Give a parameter another value for the duration of the body."""
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value=value, Overwrite=True)
    try:
        yield
    finally:
        ssm.put_parameter(Name=name, Value=before, Overwrite=True)


@pytest.mark.parametrize("layer", CONTRACTS)
def test_right_after_a_deployment_no_resource_has_drifted(engine: Engine, layer: str) -> None:
    state = engine.stack(layer).state()
    assert state is not None
    looked_at: list[object] = []
    result = engine.stack(layer).drift(looked_at.append)
    assert result.ok, result.errors
    assert result.resources == ()
    assert len(looked_at) == state.resource_count > 20


def test_a_tag_that_somebody_changed_is_the_only_drift(
    engine: Engine, deployed: Checkout, clients: Callable[[str], Any]
) -> None:
    ec2, vpc = clients("ec2"), deployed.outputs()["network.production_vpc_id"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Layer", "Value": "mine"}])
    try:
        name, properties = _only_resource(engine, "network")
    finally:
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Layer", "Value": "network"}])
    assert name == "vpc-production-local"
    assert properties == (PropertyDrift("tags.Layer", "network", "mine"),)
    assert _drift(engine, "network").resources == ()


def test_an_alarm_that_somebody_deleted_is_missing(
    engine: Engine, clients: Callable[[str], Any]
) -> None:
    cloudwatch, name = clients("cloudwatch"), "alarm-payments-duration-local"
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    accepted = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    cloudwatch.delete_alarms(AlarmNames=[name])
    try:
        (drift,) = _drift(engine, "observability").resources
    finally:
        again = {key: value for key, value in alarm.items() if key in accepted}
        cloudwatch.put_metric_alarm(**again, Tags=tags)
    assert (drift.name, drift.missing, drift.properties) == (name, True, ())
    assert _drift(engine, "observability").resources == ()


def test_the_route_belongs_to_the_workflows_and_a_threshold_to_the_layer(
    engine: Engine, clients: Callable[[str], Any]
) -> None:
    ssm = clients("ssm")
    route = json.dumps({"active": "target", "epoch": 2})
    with _parameter(ssm, "/payments/local/database/route", route):
        assert _drift(engine, "data").resources == ()
    with _parameter(ssm, "/payments/local/workflow/maximum_lag_seconds", "99"):
        name, properties = _only_resource(engine, "data")
    assert name == "/payments/local/workflow/maximum_lag_seconds"
    assert properties == (PropertyDrift("value", "[secret]", "[secret]"),)


def test_a_policy_is_compared_by_what_it_means(
    engine: Engine, clients: Callable[[str], Any]
) -> None:
    iam = clients("iam")
    role = "role-flow-logs-local"
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    reordered = json.dumps(dict(reversed(document.items())), indent=4)
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    widened = json.dumps({**document, "Statement": [anything]})
    try:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=reordered)
        assert _drift(engine, "network").resources == ()
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=widened)
        name, (difference,) = _only_resource(engine, "network")
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    assert (name, difference.path) == (policy, "policy")
