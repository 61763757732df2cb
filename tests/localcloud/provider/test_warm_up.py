"""What is called ahead of a deployment."""

import pytest

from localcloud.provider.models import operation_model
from localcloud.provider.services import RESOURCE_TYPES
from localcloud.provider.warm_up import CALLS


def test_every_service_of_the_table_is_called() -> None:
    assert {each.service for each in RESOURCE_TYPES.values()} <= CALLS.keys()


@pytest.mark.parametrize("service", CALLS)
def test_a_call_needs_nothing_and_changes_nothing(service: str) -> None:
    operation = operation_model(service, CALLS[service])
    assert operation.name.startswith(("Describe", "Get", "List"))
    assert operation.input_shape is None or operation.input_shape.required_members == []
