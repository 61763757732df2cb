"""Benchmarks are found by name, and an unknown one is refused."""

from importlib.util import find_spec

import pytest

from deploy.errors import UsageError
from tooling.checks import bench, benchmarks


def test_a_benchmark_is_a_module_or_a_package_that_can_be_run() -> None:
    assert {"deploy", "validation"} <= set(benchmarks())


@pytest.mark.parametrize("name", benchmarks())
def test_every_benchmark_can_be_started_by_its_name(name: str) -> None:
    found = find_spec(f"benchmarks.{name}")

    assert found is not None
    if found.submodule_search_locations:
        assert find_spec(f"benchmarks.{name}.__main__") is not None


@pytest.mark.parametrize("name", ["", "nothing", "__init__", "validation.dataset", "../deploy"])
def test_an_unknown_benchmark_is_refused_with_the_names_of_those_that_there_are(name: str) -> None:
    with pytest.raises(UsageError, match=r"valid benchmarks: .*deploy, .*validation"):
        bench(name)
