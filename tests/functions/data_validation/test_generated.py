"""Whatever two tables are like, the comparison finds what brute force finds; killed or not."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functions.data_validation.generated import SHAPES, Playground, Shape, playground
from tests.functions.support import Clusters

EXAMPLES = 25


@pytest.fixture(scope="module")
def ground(clusters: Clusters) -> Iterator[Playground]:
    with playground(clusters) as ground:
        yield ground


def test_the_shapes_are_walked_in_both_ways(ground: Playground) -> None:
    assert [ground.pairs[shape.name].keyset for shape in SHAPES] == [True, True, False, False]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_found_is_what_brute_force_finds(
    ground: Playground, shape: Shape, data: st.DataObject
) -> None:
    ground.check(shape, data)
