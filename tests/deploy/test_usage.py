"""Which outputs a program reads."""

from pathlib import Path

import pytest

from deploy.errors import UsageError
from deploy.usage import attributes_read


def test_attributes_that_a_program_reads_are_found_in_all_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "data" / "parts").mkdir(parents=True)
    (tmp_path / "data" / "__main__.py").write_text("use(network.production_vpc_id)\n")
    (tmp_path / "data" / "parts" / "more.py").write_text("x = inputs.network.subnet_ids[0]\n")
    found = attributes_read("data", tmp_path)
    assert {"production_vpc_id", "subnet_ids"} <= found


def test_an_attribute_that_is_only_set_and_a_name_in_a_text_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__main__.py").write_text("thing.made = 'network.mentioned'\n")
    assert attributes_read("data", tmp_path) == set()


def test_the_real_programs_read_what_they_are_known_to_need() -> None:
    assert "production_database_subnet_ids" in attributes_read("data")
    assert "transit_gateway_id" not in attributes_read("observability")


def test_a_program_that_cannot_be_parsed_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__main__.py").write_text("def broken(:\n")
    with pytest.raises(UsageError, match=r"__main__\.py"):
        attributes_read("data", tmp_path)
