"""What was last done to each layer: when, by whom, from which commit, with which inputs.

One JSON file an environment, in its home folder, written as a whole after each layer. It says
nothing of what exists: that is the state's to tell. It is what `status` and `--resume` compare
with, and it is kept by the machine that ran the command.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.errors import UsageError

VERSION = 1
FILE = "deployments.json"
RUNNING = "running"


@dataclass(frozen=True)
class Record:
    """The last thing that was done to a layer.

    `outcome` is a `scheduler.Outcome`, or ``running`` as long as nothing better is known (so after
    a kill). `inputs` maps each input file to its SHA-256, `upstream` each layer that is read to
    the digest of the outputs that were read. `state_saved` is when the state was last written by
    this run (ISO 8601); times are ISO 8601 in UTC.
    """

    verb: str
    outcome: str
    engine: str
    user: str
    commit: str
    dirty: bool
    started: str
    ended: str = ""
    state_saved: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)


class Records:
    """The records of one environment's layers."""

    def __init__(self, home: Path) -> None:
        self._file = home / FILE
        self._layers: dict[str, Record] = self._load()

    def of(self, layer: str) -> Record | None:
        """Return what was last done to a layer, None when nothing was from this machine."""
        return self._layers.get(layer)

    def put(self, layer: str, record: Record) -> None:
        """Record what was done to a layer, safely on disk before this returns."""
        self._layers[layer] = record
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(f".{os.getpid()}.tmp")
        document = {
            "version": VERSION,
            "layers": {name: asdict(item) for name, item in self._layers.items()},
        }
        draft.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        draft.replace(self._file)

    def _load(self) -> dict[str, Record]:
        try:
            document: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
            if document["version"] != VERSION:
                raise ValueError(f"version {document['version']}, expected {VERSION}")
            return {layer: Record(**values) for layer, values in document["layers"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"the record of deployments {self._file} cannot be read: {error}\n"
                "It only tells what was done and when; no state is in it.\n"
                f"next: remove {self._file}, then try again"
            ) from error
