"""What an observation replaces, so that two runs can be compared."""

import pytest

from tests.conformance.observation import Plain


@pytest.mark.parametrize("suffix", ["4d5e6f7", "1234567"])
def test_a_random_suffix_is_replaced_also_when_it_looks_like_an_id(suffix: str) -> None:
    plain = Plain({"thing-1": f"thing-{suffix}"})
    assert plain.value({"name": f"thing-{suffix}"}) == {"name": "thing-<random>"}
    assert plain.value({"id": "thing-1"}) == {"id": "<thing-<random>>"}


def test_an_id_is_replaced_by_what_it_belongs_to() -> None:
    plain = Plain({"thing-1": "first"})
    assert plain.value(["thing-1", "thing-2"]) == ["<first>", "<gone>"]
