"""Both clusters, the route and the parameters."""

import dataclasses
import json

import pytest

from functions.secret_rotation.settings import Settings
from stacks.data.cluster_parameters import parameter_family
from tests.stacks.conftest import Runner
from tests.stacks.program import Recording


@pytest.fixture
def data(recordings: dict[str, Recording]) -> Recording:
    """The data program."""
    return recordings["data"]


@pytest.mark.parametrize("side", ["source", "target"])
def test_writer_and_reader_are_in_different_zones_and_the_writer_comes_first(
    data: Recording, side: str
) -> None:
    writer = data.one("ClusterInstance", f"{side}-writer")
    reader = data.one("ClusterInstance", f"{side}-reader")

    assert writer.inputs["availabilityZone"] != reader.inputs["availabilityZone"]
    assert writer.urn in reader.depends_on
    assert writer.inputs["instanceClass"] == reader.inputs["instanceClass"] == "db.r6g.large"


def test_clusters_log_logically_in_the_family_of_their_version(data: Recording) -> None:
    for side, version, family in (
        ("source", "14.6", "aurora-postgresql14"),
        ("target", "17.4", "aurora-postgresql17"),
    ):
        group = data.one("ClusterParameterGroup", side)
        values = {item["name"]: item for item in group.inputs["parameters"]}
        assert data.one("Cluster", side).inputs["engineVersion"] == version
        assert group.inputs["family"] == family == parameter_family(version)
        assert values["rds.logical_replication"]["value"] == "1"
        assert values["rds.logical_replication"]["applyMethod"] == "pending-reboot"


def test_source_and_target_are_in_different_vpcs(data: Recording) -> None:
    source = data.one("SubnetGroup", "source").inputs["subnetIds"]
    target = data.one("SubnetGroup", "target").inputs["subnetIds"]

    assert all("production-database" in subnet for subnet in source)
    assert all("migration-database" in subnet for subnet in target)
    assert len(source) == len(target) == 3


def test_the_route_starts_at_the_source_and_belongs_to_the_workflows_afterwards(
    data: Recording,
) -> None:
    route = data.one("Parameter", "/route")

    assert route.name == "/payments/test/database/route"
    assert json.loads(route.inputs["value"]) == {"active": "source", "epoch": 1}
    assert route.ignore_changes == ("value",)


def test_both_hierarchies_are_complete(data: Recording) -> None:
    names = {
        parameter.name.removeprefix("/payments/test/") for parameter in data.of_type("Parameter")
    }

    assert names == {
        "database/name",
        "database/route",
        *(
            f"database/{side}_{what}"
            for side in ("source", "target")
            for what in ("endpoint", "reader_endpoint", "port")
        ),
        "workflow/maximum_lag_seconds",
        "workflow/lag_samples",
        "workflow/cutover_deadline_seconds",
    }
    for side in ("source", "target"):
        assert data.one("Parameter", f"{side}_port").inputs["value"] == "5432"


def test_a_final_snapshot_is_taken_where_configured(
    run_program: Runner, recordings: dict[str, Recording]
) -> None:
    upstream = {"network": recordings["network"].outputs}

    kept = run_program("data", upstream, {"data:skipFinalSnapshot": "false"})

    for cluster in kept.of_type("Cluster"):
        assert cluster.inputs["skipFinalSnapshot"] is False
        assert cluster.inputs["finalSnapshotIdentifier"].startswith("final-snapshot-")
    for cluster in recordings["data"].of_type("Cluster"):
        assert cluster.inputs["skipFinalSnapshot"] is True
        assert "finalSnapshotIdentifier" not in cluster.inputs


def test_the_applications_secret_is_rotated_and_no_other(data: Recording) -> None:
    (rotation,) = data.of_type("SecretRotation")
    permission = data.one("Permission", "secret-rotation")

    assert rotation.inputs["secretId"].endswith(":secret:secret-application-test")
    assert rotation.inputs["rotationRules"] == {"automaticallyAfterDays": 30}
    assert rotation.inputs["rotateImmediately"] is False
    assert permission.inputs["principal"] == "secretsmanager.amazonaws.com"
    assert permission.inputs["sourceAccount"] == "111122223333"
    assert permission.urn in rotation.depends_on


def test_masters_are_rotated_where_configured(
    run_program: Runner, recordings: dict[str, Recording]
) -> None:
    changes = {"data:rotateMasters": "true", "data:rotationDays": "7"}
    upstream = {"network": recordings["network"].outputs}

    rotating = run_program("data", upstream, changes)

    secrets = {each.inputs["secretId"] for each in rotating.of_type("SecretRotation")}
    assert {arn.rsplit(":", 1)[-1] for arn in secrets} == {
        f"secret-{purpose}-test" for purpose in ("application", "source-master", "target-master")
    }
    for each in rotating.of_type("SecretRotation"):
        assert each.inputs["rotationRules"] == {"automaticallyAfterDays": 7}
    assert writable(rotating) == secrets


def test_the_rotation_function_changes_only_what_it_rotates(data: Recording) -> None:
    assert {arn.rsplit(":", 1)[-1] for arn in writable(data)} == {"secret-application-test"}


def writable(recording: Recording) -> set[str]:
    """Return the secrets of which the rotation function may make versions."""
    policy = json.loads(recording.one("RolePolicy", "secret-rotation").inputs["policy"])
    (statement,) = [
        each for each in policy["Statement"] if "secretsmanager:PutSecretValue" in each["Action"]
    ]
    (bound,) = statement["Condition"]["StringEquals"].items()
    assert bound == (
        "secretsmanager:resource/AllowRotationLambdaArn",
        "arn:aws:lambda:eu-central-1:111122223333:function:function-secret-rotation-test",
    )
    return set(statement["Resource"])


def test_every_variable_of_the_rotation_function_is_set(data: Recording) -> None:
    function = data.one("Function", "secret-rotation")
    variables = function.inputs["environment"]["variables"]

    wanted = {
        field.name.upper()
        for field in dataclasses.fields(Settings)
        if field.default is dataclasses.MISSING
    }
    assert wanted <= variables.keys()
    assert variables["WORKFLOW_PARAMETER_PATH"] == "/payments/test/workflow"
