"""What the comparison of states takes to be the same, and what it does not."""

import pytest

from tests.conformance.renaming import Renaming


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({"id": "vpc-0a1b2c3d", "port": 40001}, {"id": "vpc-9f8e7d6c", "port": 40777}),
        ("arn:secret-GKKObQ at 10.0.1.2", "arn:secret-yzjcjW at 10.0.9.7"),
        ("2026-01-02T03:04:05Z", "2026-01-02T09:08:07.123Z"),
        ("p-DYbBJHg0", "J1xDQMLm6r"),
        ("p-DYbBJHg0", "J1xDQMLm-r"),
        (["subnet-aaaaa1", "subnet-bbbbb2"], ["subnet-ccccc3", "subnet-ddddd4"]),
        ({"a": None, "b": [True, 1.5]}, {"a": None, "b": [True, 1.5]}),
    ],
)
def test_what_a_cloud_makes_up_makes_no_difference(here: object, there: object) -> None:
    assert Renaming().differences(here, there) == []


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (["vpc-aaaaa1", "vpc-bbbbb2"], ["vpc-ccccc3", "vpc-ccccc3"]),
        (["vpc-aaaaa1", "vpc-aaaaa1"], ["vpc-ccccc3", "vpc-ddddd4"]),
        (
            {"first": "available", "second": "available"},
            {"first": "available", "second": "modifying"},
        ),
        ({"size": 1}, {"size": 2}),
        ({"size": 1}, {}),
        ({"on": True}, {"on": False}),
        ("10.0.0.0/16", "10.1.0.0/16"),
        ("a text", "a longer text"),
        ([1], [1, 1]),
    ],
)
def test_anything_else_is_a_difference(here: object, there: object) -> None:
    assert Renaming().differences(here, there) != []


def test_sets_of_known_ids_may_be_in_another_order() -> None:
    renaming = Renaming()
    known = {"x": "id-aaaaa1", "y": "id-bbbbb2"}, {"x": "id-zzzzz9", "y": "id-yyyyy8"}
    assert renaming.differences(*known) == []
    assert renaming.differences(["id-aaaaa1", "id-bbbbb2"], ["id-yyyyy8", "id-zzzzz9"]) == []
    assert renaming.differences(["id-aaaaa1", "id-aaaaa1"], ["id-yyyyy8", "id-zzzzz9"]) != []
