"""Cursors as JSON, so that another process can go on with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.data_validation.cursor import VERSION, Cursor
from functions.data_validation.errors import CheckpointError
from functions.data_validation.plain_data import dumped, loaded
from functions.data_validation.suspects import Suspect


def dump(cursor: Cursor) -> dict[str, Any]:
    """Return the cursor as JSON's types, with its version."""
    return {"version": VERSION, "cursor": dumped(cursor)}


def load(document: Mapping[str, Any]) -> Cursor:
    """Return the cursor that `dump` wrote. Raises CheckpointError for any other document."""
    version = document.get("version")
    if version != VERSION:
        raise CheckpointError(f"the cursor has version {version!r}, this program reads {VERSION}")
    fields = document.get("cursor")
    suspects = fields.get("suspects") if isinstance(fields, dict) else None
    if not isinstance(fields, dict) or not isinstance(suspects, list):
        raise CheckpointError("the cursor is not an object with an array of suspects")
    cursor = loaded(Cursor, {**fields, "suspects": []}, "cursor")
    return replace(
        cursor,
        suspects=tuple(
            loaded(Suspect, suspect, f"cursor.suspects[{index}]")
            for index, suspect in enumerate(suspects)
        ),
    )
