"""A resource is created exactly once, and a half-made one is kept and finished."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from localcloud.provider.creations import Creations
from localcloud.provider.errors import PartialCreationError, ProviderError
from localcloud.provider.lifecycle import Created
from tests.localcloud.provider.engine import Engine, Resource, partial_creation
from tests.localcloud.provider.surroundings import Surroundings, allowing, policy

VPC = "aws:ec2/vpc:Vpc"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


def test_the_same_operation_id_creates_once_however_many_ask(engine: Engine) -> None:
    operation = str(uuid4())
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(engine.create, VPC, {"cidrBlock": "10.3.0.0/16"}, operation)
            for _ in range(8)
        ]
        made = [future.result() for future in asked]
    assert len({resource.resource_id for resource in made}) == 1
    assert made[0].outputs == made[7].outputs
    engine.delete(made[0])


def test_without_an_operation_id_every_call_creates(engine: Engine) -> None:
    first, second = (engine.create(VPC, {"cidrBlock": "10.3.0.0/16"}) for _ in range(2))
    assert first.resource_id != second.resource_id
    engine.delete(first)
    engine.delete(second)


def test_a_failed_creation_can_be_tried_again(engine: Engine) -> None:
    operation, name = str(uuid4()), f"role-again-{uuid4().hex[:6]}"
    inputs = {"role": name, "name": "one", "policy": allowing("s3:GetObject")}
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(ROLE_POLICY, inputs, operation)
    assert "iam PutRolePolicy: NoSuchEntity" in refused.value.details()
    assert partial_creation(refused.value) is None

    role = engine.create(ROLE, {"name": name, "assumeRolePolicy": policy("lambda.amazonaws.com")})
    made = engine.create(ROLE_POLICY, inputs, operation)
    assert made.resource_id == f"{name}:one"
    engine.delete(made)
    engine.delete(role)


def test_a_half_made_resource_is_reported_remembered_and_finished(
    engine: Engine, tmp_path: Path
) -> None:
    surroundings = Surroundings(engine, tmp_path)
    operation, policy_name = str(uuid4()), surroundings.name("policy-later")
    inputs = {
        "name": surroundings.name("role-half"),
        "assumeRolePolicy": policy("lambda.amazonaws.com"),
        "managedPolicyArns": [f"arn:aws:iam::123456789012:policy/{policy_name}"],
    }
    for _ in range(2):
        with pytest.raises(grpc.RpcError) as failed:
            engine.create(ROLE, inputs, operation)
        detail = partial_creation(failed.value)
        assert detail is not None
        assert detail.id == inputs["name"]
        assert "AttachRolePolicy" in detail.reasons[0]
        assert detail.properties.fields["arn"].string_value.endswith(f":role/{detail.id}")

    surroundings.make(POLICY, {"name": policy_name, "policy": allowing("s3:GetObject")})
    checked = engine.check(ROLE, inputs)
    half_made = Resource(f"urn:pulumi:l::p::{ROLE}::role", detail.id, checked, dict(checked))
    finished = engine.update(half_made, checked)
    assert finished.outputs["managedPolicyArns"] == inputs["managedPolicyArns"]
    engine.delete(finished)
    surroundings.clean_up()


def test_a_call_that_comes_while_the_creation_runs_waits_for_it() -> None:
    creations, started, go_on = Creations(), threading.Event(), threading.Event()
    runs: list[int] = []

    def create() -> Created:
        runs.append(1)
        started.set()
        assert go_on.wait(10)
        return Created("one", {})

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(creations.once, "id", create)
        assert started.wait(10)
        second = pool.submit(creations.once, "id", create)
        assert not second.done()
        go_on.set()
        assert first.result() is second.result()
    assert runs == [1]


def test_those_who_wait_for_a_failing_creation_hear_of_the_failure() -> None:
    creations, started, go_on = Creations(), threading.Event(), threading.Event()

    def create() -> Created:
        started.set()
        assert go_on.wait(10)
        raise ProviderError("refused")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(creations.once, "id", create)
        assert started.wait(10)
        second = pool.submit(creations.once, "id", lambda: Created("two", {}))
        go_on.set()
        with pytest.raises(ProviderError, match="refused"):
            first.result()
        # The second waited for the first and heard of its failure, or came after it and ran.
        failure = second.exception()
        assert failure is None or str(failure) == "refused"
    assert creations.once("other", lambda: Created("three", {})).resource_id == "three"


def test_a_partial_creation_is_not_run_again() -> None:
    creations, runs = Creations(), []

    def create() -> Created:
        runs.append(1)
        raise PartialCreationError("one", {}, "later step failed")

    for _ in range(2):
        with pytest.raises(PartialCreationError):
            creations.once("id", create)
    assert runs == [1]
