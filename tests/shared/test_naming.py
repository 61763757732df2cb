"""Names by the convention, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.naming import NamingError, parameter_name, resource_name

WORDS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)


def test_a_name_is_type_purpose_and_environment() -> None:
    assert resource_name("vpc", "production", "local") == "vpc-production-local"


@given(WORDS, WORDS, WORDS)
def test_every_name_fits_what_the_strictest_services_accept(a: str, b: str, c: str) -> None:
    name = resource_name(a, b, c)

    assert name == name.lower()
    assert "--" not in name
    assert not name.startswith("-")
    assert not name.endswith("-")


@pytest.mark.parametrize("part", ["", "Production", "a_b", "-a", "a-", "a--b", "a b"])
def test_a_part_that_does_not_fit_is_refused_by_its_role(part: str) -> None:
    with pytest.raises(NamingError, match="purpose"):
        resource_name("vpc", part, "local")


def test_a_parameter_lives_in_a_hierarchy_of_its_environment() -> None:
    assert parameter_name("local", "database", "route") == "/payments/local/database/route"


@pytest.mark.parametrize("key", ["", "Route", "a-b", "/a", "a/", "a//b"])
def test_a_parameter_key_that_does_not_fit_is_refused(key: str) -> None:
    with pytest.raises(NamingError, match="key"):
        parameter_name("local", "database", key)
