"""The repository's own layers, as the contracts declare them."""

from pathlib import Path

import pytest

from deploy.errors import UsageError
from deploy.layers import check_layers, environments, layer_graph


def test_migration_and_edge_need_the_same_layers_and_not_each_other() -> None:
    edges = layer_graph().edges

    assert edges["migration"] == edges["edge"] == {"network", "data"}


def test_observability_comes_last() -> None:
    assert layer_graph().order()[-1] == "observability"


def test_an_unknown_layer_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(UsageError) as refused:
        check_layers(["edge", "egde"], layer_graph())

    assert "egde" in str(refused.value)
    assert "network, data, migration, edge, observability" in str(refused.value)


def test_named_layers_come_once_and_in_dependency_order() -> None:
    assert check_layers(["edge", "network", "edge"], layer_graph()) == ["network", "edge"]


def test_an_environment_exists_when_every_layer_is_configured_for_it(tmp_path: Path) -> None:
    for layer in layer_graph().nodes:
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "Pulumi.local.yaml").touch()
        (tmp_path / layer / "Pulumi.prod.example.yaml").touch()
    (tmp_path / "network" / "Pulumi.half.yaml").touch()

    assert environments(tmp_path) == ["local"]
