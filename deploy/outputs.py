"""Flat outputs: one JSON object for all layers, keys ``<layer>.<output_name>``."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = "cfn-outputs"
FILE = "flat-outputs.json"
LOCAL = "local"
MASK = "[secret]"


def flatten(outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return ``{"network.production_vpc_id": …}`` from outputs by layer, sorted by key."""
    return dict(
        sorted(
            (f"{layer}.{name}", value)
            for layer, values in outputs.items()
            for name, value in values.items()
        )
    )


def masked(outputs: Mapping[str, Any], secret_names: frozenset[str]) -> dict[str, Any]:
    """Return a layer's outputs with each secret value replaced, fit for a file or a screen."""
    return {name: MASK if name in secret_names else value for name, value in outputs.items()}


def write(
    repository: Path, outputs: Mapping[str, Mapping[str, Any]], environment: str = LOCAL
) -> Path:
    """Write the flat outputs of all deployed layers and return the file's path.

    It is ``cfn-outputs/flat-outputs.json`` for the laptop cloud; another environment has a folder
    of its own in between. The file is replaced as a whole, so a reader never sees half of it.
    """
    folder = repository / FOLDER
    if environment != LOCAL:
        folder /= environment
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps(flatten(outputs), indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
    return path
