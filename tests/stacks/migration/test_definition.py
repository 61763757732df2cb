"""Placeholders of a definition are replaced all or not at all."""

import json

import pytest

from stacks.migration.definition import DefinitionError, placeholders, render


def test_values_replace_placeholders_and_json_paths_stay() -> None:
    rendered = render('{"Name": "${Name}", "Path": "$.a", "Id": "$$.Id"}', {"Name": 'a "b" \\'})

    assert json.loads(rendered) == {"Name": 'a "b" \\', "Path": "$.a", "Id": "$$.Id"}


def test_a_value_is_never_taken_for_a_placeholder() -> None:
    assert render('"${A}${B}"', {"A": "${B}", "B": "b"}) == '"${B}b"'


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "no value for \\$\\{Name\\}"),
        ({"Name": "a", "Nane": "b"}, "no placeholder \\$\\{Nane\\}"),
    ],
)
def test_a_misspelt_name_is_refused(values: dict[str, str], complaint: str) -> None:
    with pytest.raises(DefinitionError, match=complaint):
        render('"${Name}"', values)


def test_placeholders_are_found_once_each() -> None:
    assert placeholders("${A} ${B} ${A} $.C") == {"A", "B"}
