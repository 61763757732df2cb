"""Values on their way between Pulumi's wire, the program's names and AWS's shapes."""

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.provider.archives import ArchiveError, with_hash, zip_bytes
from localcloud.provider.coverage import calls_of
from localcloud.provider.mapper import MappingError, camel_case, member_for, project, to_api
from localcloud.provider.models import input_members, operation_model
from localcloud.provider.services import RESOURCE_TYPES
from localcloud.provider.validation import violations
from localcloud.provider.wire import (
    ARCHIVE,
    ASSET,
    OUTPUT,
    SECRET,
    SIGNATURE_KEY,
    UNKNOWN,
    from_struct,
    is_unknown,
    to_struct,
)

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.booleans() | NUMBERS | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


@given(st.dictionaries(st.text(), VALUES))
def test_properties_survive_the_wire(properties: dict[str, Any]) -> None:
    assert from_struct(to_struct(properties)) == properties


def test_whole_numbers_come_back_whole() -> None:
    value = from_struct(to_struct({"port": 5432, "rate": 0.5}))
    assert (type(value["port"]), type(value["rate"])) == (int, float)


def test_secrets_and_outputs_are_unwrapped() -> None:
    wrapped = {
        "secret": {SIGNATURE_KEY: SECRET, "value": "hidden"},
        "known": {SIGNATURE_KEY: OUTPUT, "value": [1]},
        "unknown": {SIGNATURE_KEY: OUTPUT},
    }
    assert from_struct(to_struct(wrapped)) == {
        "secret": "hidden",
        "known": [1],
        "unknown": UNKNOWN,
    }


def test_an_unknown_value_is_found_however_deep() -> None:
    assert is_unknown({"a": [{"b": UNKNOWN}]})
    assert not is_unknown({"a": [{"b": "known"}]})


def test_what_has_no_form_on_the_wire_is_refused() -> None:
    with pytest.raises(TypeError, match="a bytes has no form"):
        to_struct({"code": b"bytes"})


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("cidrBlock", "CidrBlock"),
        ("securityGroupIds", "SecurityGroupIds"),
        ("dbSubnetGroupName", "DBSubnetGroupName"),
        ("routes", "Route"),
        ("policy", None),
    ],
)
def test_names_match_without_case_and_plural(name: str, member: str | None) -> None:
    members = ["CidrBlock", "SecurityGroupIds", "DBSubnetGroupName", "Route"]
    assert member_for(name, members) == member


def _member(service: str, operation: str, member: str) -> Any:
    return input_members(service, operation)[member]


def test_a_map_becomes_pairs_where_the_service_wants_pairs() -> None:
    shape = _member("cloudwatch", "PutMetricAlarm", "Dimensions")
    assert to_api(shape, {"FunctionName": "payments"}, "dimensions", {}) == [
        {"Name": "FunctionName", "Value": "payments"}
    ]


def test_a_setting_that_the_service_does_not_have_is_refused_with_its_path() -> None:
    shape = _member("lambda", "CreateFunction", "VpcConfig")
    with pytest.raises(MappingError, match=r"vpcConfig\.subnets: is not a setting"):
        to_api(shape, {"subnetIds": [], "subnets": []}, "vpcConfig", {})


def test_a_live_structure_is_seen_through_what_the_program_set() -> None:
    live = {"Mode": "Active", "Extra": "default"}
    assert project(live, {"mode": "PassThrough"}, "tracingConfig", {}) == {"mode": "Active"}


def test_a_live_map_shows_what_others_added() -> None:
    shape = _member("apigateway", "CreateStage", "variables")
    live = {"alias": "one", "added": "yes"}
    assert project(live, {"alias": "one"}, "variables", {}, shape) == live


def test_live_values_take_the_type_that_the_program_used() -> None:
    assert project("true", False, "x", {}) is True
    assert project(5, "6", "x", {}) == "5"
    assert project("7", 8, "x", {}) == 7
    assert project(["REGIONAL"], "EDGE", "x", {}) == "REGIONAL"


def test_names_of_aws_become_names_of_pulumi() -> None:
    live = {"VpcId": "vpc", "DBClusterArn": "arn", "URL": "u", "Tags": [{"Key": "k"}]}
    assert camel_case(live) == {
        "vpcId": "vpc",
        "dbClusterArn": "arn",
        "url": "u",
        "tags": [{"key": "k"}],
    }


def test_a_request_is_held_against_the_model() -> None:
    request = {"logGroupName": "not valid!", "retentionInDays": "seven", "unknown": 1}
    found = {
        fault.path: fault.reason for fault in violations("logs", "PutRetentionPolicy", request)
    }
    assert "does not match" in found["logGroupName"]
    assert found["retentionInDays"] == "must be a number"
    assert found["unknown"] == "is not a member that the operation has"


def test_a_missing_member_is_found_within_a_list() -> None:
    request = {"Rule": "rule", "Targets": [{"Id": "one"}]}
    assert [str(each) for each in violations("events", "PutTargets", request)] == [
        "Targets[0].Arn: is required"
    ]


def test_a_secret_member_is_not_shown() -> None:
    faults = violations("secretsmanager", "CreateSecret", {"Name": "n", "SecretString": 5})
    assert "5" not in str(faults[0])


def test_letters_of_every_script_pass_where_java_says_letters() -> None:
    request = {
        "Name": "/name",
        "Value": "v",
        "Type": "String",
        "Tags": [{"Key": "Ünï", "Value": ""}],
    }
    assert violations("ssm", "PutParameter", request) == []


def test_every_pattern_of_the_calls_in_the_table_is_compiled_without_a_warning() -> None:
    """Python warns of sets that a later version may read otherwise; none may slip through."""
    requests = {
        (resource_type.service, call.operation)
        for resource_type in RESOURCE_TYPES.values()
        for call in calls_of(resource_type)
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for service, operation in sorted(requests):
            shape = operation_model(service, operation).input_shape
            for name, member in (shape.members if shape is not None else {}).items():
                if member.type_name == "string":
                    violations(service, operation, {name: "probe"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "package").mkdir()
    (tmp_path / "handler.py").write_text("def handle(): ...\n")
    (tmp_path / "package" / "inner.py").write_text("ONE = 1\n")
    return tmp_path


def test_a_folder_is_packed_the_same_way_every_time(folder: Path) -> None:
    archive = {SIGNATURE_KEY: ARCHIVE, "path": str(folder)}
    packed = zip_bytes(archive)
    assert packed == zip_bytes(archive)
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.namelist() == ["handler.py", "package/inner.py"]


def test_assets_are_packed_under_their_names(folder: Path) -> None:
    archive = {
        SIGNATURE_KEY: ARCHIVE,
        "assets": {
            "text.py": {SIGNATURE_KEY: ASSET, "text": "ONE = 1\n"},
            "file.py": {SIGNATURE_KEY: ASSET, "path": str(folder / "handler.py")},
            "lib": {SIGNATURE_KEY: ARCHIVE, "path": str(folder / "package")},
        },
    }
    with zipfile.ZipFile(io.BytesIO(zip_bytes(archive))) as opened:
        assert sorted(opened.namelist()) == ["file.py", "lib/inner.py", "text.py"]
        assert opened.read("text.py") == b"ONE = 1\n"


def test_the_engines_hash_of_an_archive_is_kept() -> None:
    archive = {SIGNATURE_KEY: ARCHIVE, "path": "/nowhere.zip", "hash": "abc"}
    assert with_hash(archive)["hash"] == "abc"


def test_an_archive_without_local_content_is_refused() -> None:
    with pytest.raises(ArchiveError, match="needs a local path or assets"):
        zip_bytes({SIGNATURE_KEY: ARCHIVE, "uri": "https://example.invalid/code.zip"})
