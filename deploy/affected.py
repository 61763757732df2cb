"""Which layers a change of files touches, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.git import ChangedFiles, changed_since
from deploy.inputs import InputFile, LayerInputs
from deploy.places import REPOSITORY

_SHOWN = 3


@dataclass(frozen=True)
class Change:
    """A changed file that is an input of a layer, and whether the change is committed."""

    file: InputFile
    committed: bool
    deleted: bool

    def __str__(self) -> str:
        words = ["deleted"] if self.deleted else []
        words += [] if self.committed else ["uncommitted"]
        path = f"{self.file.path} ({', '.join(words)})" if words else self.file.path
        return " ← ".join((path, *self.file.through))


def affected(
    layers: Iterable[str], changed: ChangedFiles, inputs: LayerInputs
) -> dict[str, tuple[Change, ...]]:
    """Return the layers that have a changed file among their inputs, with each of these files."""
    found: dict[str, tuple[Change, ...]] = {}
    for layer in layers:
        files = inputs.files(layer)
        changes = tuple(
            Change(
                files[path],
                committed=path not in changed.uncommitted,
                deleted=path in changed.deleted,
            )
            for path in sorted(changed.paths & files.keys(), key=lambda p: len(files[p].through))
        )
        if changes:
            found[layer] = changes
    return found


def affected_since(
    layers: Iterable[str], reference: str, environment: str, checkout: Path = REPOSITORY
) -> dict[str, tuple[Change, ...]]:
    """Return the layers whose inputs differ from those at a git reference. Raises UsageError."""
    changed = changed_since(checkout, reference)
    inputs = LayerInputs(environment, root=checkout, deleted=changed.deleted)
    return affected(layers, changed, inputs)


def reasons(changes: Mapping[str, tuple[Change, ...]]) -> dict[str, str]:
    """Return one text a layer: the first changed files and how they come into it."""
    texts = {}
    for layer, found in changes.items():
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        texts[layer] = "; ".join(str(change) for change in found[:_SHOWN]) + more
    return texts
