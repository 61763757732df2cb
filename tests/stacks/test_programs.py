"""Rules that all five programs keep."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from shared.contracts import CONTRACTS
from tests.stacks.conftest import Runner
from tests.stacks.program import CHECKOUT, ENVIRONMENT, Recording, Resource

STACKS = CHECKOUT / "stacks"

# AWS's property for the physical name of each type that has one.
PHYSICAL_NAMES = {
    "Alarm": "name",
    "Alias": "name",
    "Authorizer": "name",
    "Bucket": "bucket",
    "Cluster": "clusterIdentifier",
    "ClusterInstance": "identifier",
    "ClusterParameterGroup": "name",
    "Dashboard": "dashboardName",
    "Endpoint": "endpointId",
    "EventRule": "name",
    "EventTarget": "targetId",
    "Function": "name",
    "LogGroup": "name",
    "LogMetricFilter": "name",
    "MetricAlarm": "name",
    "Parameter": "name",
    "Permission": "statementId",
    "ReplicationInstance": "replicationInstanceId",
    "ReplicationSubnetGroup": "replicationSubnetGroupId",
    "ReplicationTask": "replicationTaskId",
    "RestApi": "name",
    "Role": "name",
    "RolePolicy": "name",
    "SecurityGroup": "name",
    "StateMachine": "name",
    "SubnetGroup": "name",
    "Topic": "name",
}
CONVENTION = re.compile(rf"(/aws/[a-z/]+/|alias/)?[a-z]+(-[a-z0-9]+)+-{ENVIRONMENT}")
PARAMETER = re.compile(rf"/payments/{ENVIRONMENT}/[a-z]+/[a-z_]+")
# RDS chooses the end of its log groups' names.
CLUSTER_LOG = re.compile(rf"/aws/rds/cluster/aurora-[a-z]+-{ENVIRONMENT}/postgresql")
UNTAGGABLE = {
    "Account",
    "Alias",
    "Authorizer",
    "BucketLifecycleConfiguration",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketPublicAccessBlock",
    "BucketServerSideEncryptionConfiguration",
    "BucketVersioning",
    "Dashboard",
    "Deployment",
    "EventTarget",
    "Integration",
    "LogMetricFilter",
    "Method",
    "MethodSettings",
    "Permission",
    "Resource",
    "Response",
    "RolePolicy",
    "Route",
    "RouteTableAssociation",
    "RouteTablePropagation",
    "SecretRotation",
    "TopicPolicy",
}


def kind(resource: Resource) -> str:
    """Return the class name of a resource."""
    return resource.type.rsplit(":", 1)[-1]


def test_a_program_exports_exactly_its_contract(recording: Recording) -> None:
    promised = {field.name for field in CONTRACTS[recording.layer].fields()}

    assert set(recording.outputs) == promised
    assert all(value not in (None, "", []) for value in recording.outputs.values())


def test_all_layers_together_have_at_least_160_resources(recordings: dict[str, Recording]) -> None:
    assert sum(len(recording.cloud) for recording in recordings.values()) >= 160


def test_every_logical_name_keeps_the_convention_and_is_unique(recording: Recording) -> None:
    for resource in recording.cloud:
        patterns = (CONVENTION, PARAMETER, CLUSTER_LOG)
        assert any(pattern.fullmatch(resource.name) for pattern in patterns), resource.name
    counted = Counter((resource.type, resource.name) for resource in recording.cloud)

    assert [key for key, count in counted.items() if count > 1] == []


def test_every_physical_name_is_the_logical_name(recording: Recording) -> None:
    for resource in recording.cloud:
        if kind(resource) in PHYSICAL_NAMES:
            assert resource.inputs[PHYSICAL_NAMES[kind(resource)]] == resource.name
        else:
            assert "name" not in resource.inputs, resource.type


def test_everything_that_can_be_tagged_is(recording: Recording) -> None:
    untagged = {kind(resource) for resource in recording.cloud if not resource.inputs.get("tags")}
    tags = [r.inputs["tags"] for r in recording.cloud if r.inputs.get("tags")]

    assert untagged <= UNTAGGABLE
    assert tags
    for tag in tags:
        assert tag["Layer"] == recording.layer
        assert tag["Environment"] == ENVIRONMENT


def test_every_component_registers_its_outputs(recording: Recording) -> None:
    components = {r.urn for r in recording.resources if r.type.startswith("payments:")}

    assert components
    assert components <= recording.registered_outputs


def test_every_resource_belongs_to_a_component(recording: Recording) -> None:
    assert [item.name for item in recording.cloud if "payments:" not in item.parent] == []


def test_nothing_is_kept_when_a_layer_is_destroyed(recording: Recording) -> None:
    for path in (STACKS / recording.layer).glob("*.py"):
        code = path.read_text()
        assert "retain_on_delete" not in code
        assert "protect=" not in code
    assert all(bucket.inputs["forceDestroy"] for bucket in recording.of_type("Bucket"))


@pytest.mark.parametrize("layer", CONTRACTS)
def test_project_folder_and_layer_have_one_name(layer: str) -> None:
    project = yaml.safe_load((STACKS / layer / "Pulumi.yaml").read_text())

    assert project["name"] == layer
    assert project["runtime"]["options"]["virtualenv"] == "../../.venv"


@pytest.mark.parametrize("layer", CONTRACTS)
def test_every_configuration_key_is_typed_described_and_has_a_default_of_its_type(
    layer: str,
) -> None:
    types = {"string": str, "boolean": bool, "integer": int, "array": list}
    declared = yaml.safe_load((STACKS / layer / "Pulumi.yaml").read_text())["config"]

    for key, item in declared.items():
        assert item["description"], key
        assert type(item["default"]) is types[item["type"]], key


@pytest.mark.parametrize("layer", CONTRACTS)
def test_stack_files_use_only_declared_keys(layer: str) -> None:
    declared = yaml.safe_load((STACKS / layer / "Pulumi.yaml").read_text())["config"]
    files = sorted((STACKS / layer).glob("Pulumi.*.yaml"))

    assert [path.name for path in files] == [
        "Pulumi.dev.example.yaml",
        "Pulumi.local.yaml",
        "Pulumi.prod.example.yaml",
    ]
    for path in files:
        for key in yaml.safe_load(path.read_text())["config"]:
            namespace, _, name = key.partition(":")
            assert namespace == "aws" or (namespace == layer and name in declared), key


@pytest.mark.parametrize("layer", CONTRACTS)
def test_a_program_is_a_table_of_contents(layer: str) -> None:
    main = (STACKS / layer / "__main__.py").read_text()

    assert len(main.splitlines()) <= 60
    assert "\ndef " not in main
    assert "\nclass " not in main


def test_all_programs_find_the_checkout_in_the_same_way() -> None:
    lines = {
        next(line for line in path.read_text().splitlines() if "sys.path" in line)
        for path in STACKS.glob("*/__main__.py")
    }

    assert len(lines) == 1


@pytest.mark.parametrize("layer", CONTRACTS)
def test_the_production_example_runs(
    layer: str, run_program: Runner, recordings: dict[str, Recording]
) -> None:
    upstream = {name: recording.outputs for name, recording in recordings.items()}

    recording = run_program(layer, upstream, file="Pulumi.prod.example.yaml")

    assert recording.error == ""
    assert set(recording.outputs) == set(recordings[layer].outputs)


def test_a_missing_output_of_another_layer_names_layer_and_output(
    run_program: Runner, recordings: dict[str, Recording]
) -> None:
    outputs = dict(recordings["network"].outputs)
    del outputs["target_database_security_group_id"]

    error = run_program("data", {"network": outputs}).error

    assert error.startswith("MissingOutputError")
    assert "layer network has no output target_database_security_group_id" in error


def test_readmes_say_who_owns_a_layer_and_how_to_redeploy_it() -> None:
    for layer in CONTRACTS:
        readme = Path(STACKS / layer / "README.md").read_text()
        for heading in ("## Consumes", "## Provides", "## Redeploy alone"):
            assert heading in readme, (layer, heading)
        assert f"invoke deploy {layer}" in readme
        for consumed in CONTRACTS[layer].consumes:
            assert consumed.layer in readme.split("## Consumes")[1].split("##")[0]
