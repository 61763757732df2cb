"""A cursor survives JSON whole, and what is not a cursor is refused by the place at fault."""

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.data_validation.cursor import (
    VERSION,
    Cursor,
    Finding,
    Item,
    Key,
    Totals,
    Version,
)
from functions.data_validation.cursor_json import dump, load
from functions.data_validation.errors import CheckpointError
from functions.data_validation.suspects import Suspect

texts = st.text(max_size=12)
# Inference gives up on a type alias within an optional field.
keys: st.SearchStrategy[Key] = st.lists(texts, max_size=3).map(tuple)
versions = st.builds(Version, st.integers(-(2**63), 2**63 - 1), texts)
cursors = st.builds(
    Cursor,
    item=st.builds(Item, after=st.none() | keys, until=st.none() | keys),
    position=st.none() | keys,
    totals=st.builds(Totals, seconds=st.floats(0, 1e6)),
    waited=st.floats(0, 1e6),
    suspects=st.lists(st.builds(Suspect, key=keys), max_size=3).map(tuple),
    findings=st.lists(st.builds(Finding), max_size=3).map(tuple),
)
start = Cursor(Item("payments", "payment"))


@given(cursors)
def test_a_cursor_comes_back_from_json_as_it_went(cursor: Cursor) -> None:
    assert load(json.loads(json.dumps(dump(cursor)))) == cursor


def test_every_field_of_a_cursor_is_in_its_json() -> None:
    assert set(dump(start)["cursor"]) == {field.name for field in fields(Cursor)}


def changed(**values: Any) -> dict[str, Any]:
    return {"version": VERSION, "cursor": {**dump(start)["cursor"], **values}}


def without_walked() -> dict[str, Any]:
    document = dump(start)
    del document["cursor"]["walked"]
    return document


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (dict, "version None"),
        (lambda: {**dump(start), "version": VERSION + 1}, f"version {VERSION + 1}"),
        (lambda: {"version": VERSION}, "is not an object"),
        (lambda: {"version": VERSION, "cursor": []}, "is not an object"),
        (without_walked, "fields: walked"),
        (lambda: changed(colour="red"), "fields: colour"),
        (lambda: changed(walked=1), "cursor.walked is not bool but int"),
        (lambda: changed(walked=None), "cursor.walked is not bool but NoneType"),
        (lambda: changed(chunk_rows=True), "cursor.chunk_rows is not int but bool"),
        (lambda: changed(position=["1", 2]), r"cursor.position\[1\] is not str but int"),
        (lambda: changed(position="1"), "cursor.position is not an array but str"),
        (lambda: changed(suspects=None), "array of suspects"),
        (lambda: changed(suspects=[{}]), r"cursor.suspects\[0\] has too many or too few fields"),
        (lambda: changed(totals=3), "cursor.totals is not an object"),
    ],
)
def test_a_document_that_is_not_a_cursor_is_refused_by_name(
    document: Callable[[], dict[str, Any]], complaint: str
) -> None:
    with pytest.raises(CheckpointError, match=complaint):
        load(document())


def test_a_finding_of_an_unknown_kind_is_refused() -> None:
    finding = {"kind": "odd", "verdict": "persistent", "where": "id = 1", "columns": []}
    with pytest.raises(CheckpointError, match=r"findings\[0\].kind is not one of missing, extra"):
        load(changed(findings=[finding]))
