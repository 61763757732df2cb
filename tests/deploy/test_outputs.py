"""The flat outputs file."""

import json
from pathlib import Path

from deploy.outputs import MASK, flatten, masked, write


def test_keys_are_layer_and_output_joined_by_a_dot() -> None:
    assert flatten({"b": {"x": 1}, "a": {"z": [2]}}) == {"a.z": [2], "b.x": 1}


def test_the_file_holds_one_object(tmp_path: Path) -> None:
    path = write(tmp_path, {"network": {"production_vpc_id": "vpc-1"}})

    assert json.loads(path.read_text()) == {"network.production_vpc_id": "vpc-1"}


def test_writing_again_replaces_the_file_and_leaves_no_draft(tmp_path: Path) -> None:
    write(tmp_path, {"a": {"x": 1}})
    path = write(tmp_path, {})

    assert json.loads(path.read_text()) == {}
    assert list(path.parent.iterdir()) == [path]


def test_secret_values_are_masked() -> None:
    assert masked({"a": "1", "b": "2"}, frozenset({"b"})) == {"a": "1", "b": MASK}
