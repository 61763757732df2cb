"""Thousands of random tables and edits, each compared in one go and killed at every step."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functions.data_validation.generated import SHAPES, Playground, Shape, playground
from tests.functions.support import Clusters

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(3_600)]

EXAMPLES = 500


@pytest.fixture(scope="module")
def ground(clusters: Clusters) -> Iterator[Playground]:
    with playground(clusters) as ground:
        yield ground


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_found_is_what_brute_force_finds(
    ground: Playground, shape: Shape, data: st.DataObject
) -> None:
    ground.check(shape, data)
