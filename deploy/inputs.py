"""What a layer's deployment is made from: files, and how each one comes into it.

- every file of the layer's folder that a deployment reads, for one environment: not its notes
  (``*.md``), nor the configuration of other environments;
- every module that those import, directly or not (`deploy.imports`);
- the layer's own contract and those that it consumes;
- the Lambda packages that it asks for: the function's folder and what all functions share;
- the files that pin the versions of all dependencies.
"""

import hashlib
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy.imports import Imports
from deploy.places import REPOSITORY
from shared.contracts import CONTRACTS

STACKS, FUNCTIONS, CONTRACTS_FOLDER = "stacks", "functions", "shared/contracts"
_SHARED_BY_FUNCTIONS = ("functions/__init__.py", "functions/runtime")
_PINS = ("pyproject.toml", "uv.toml")
_NOTES = frozenset({".md", ".pyc"})


@dataclass(frozen=True)
class InputFile:
    """One file that a layer is made from.

    `through` leads from the file to the layer: what imports or packages it, what imports that,
    and so on; empty for a file of the layer's own folder and for the pins.
    """

    path: str
    through: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ← ".join((self.path, *self.through))


class LayerInputs:
    """The inputs of the layers of one repository, for one environment.

    `deleted` are files that are gone: they count where they would have counted. `contracts` maps
    a layer to the layers whose contracts it reads.
    """

    def __init__(
        self,
        environment: str,
        *,
        root: Path = REPOSITORY,
        deleted: Collection[str] = (),
        contracts: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._environment = environment
        self._root = root
        self._deleted = frozenset(deleted)
        self._imports = Imports(root, known=deleted, registries=(CONTRACTS_FOLDER,))
        self._contracts = contracts if contracts is not None else _contracts_read()

    def files(self, layer: str) -> dict[str, InputFile]:
        """Return every input of a layer by its path; the shortest way in is the one told."""
        folder = f"{STACKS}/{layer}"
        own = sorted(self._folder(folder), key=lambda path: not path.endswith("/__main__.py"))
        found = {path: InputFile(path) for path in own if self._is_read(path)}
        for contract in self._contracts.get(layer, ()):
            path = f"{CONTRACTS_FOLDER}/{contract}.py"
            if self._imports.exists(path):
                found[path] = InputFile(path, (f"contract of {layer}",))
        self._follow(found)
        for path in self._modules_of(found):
            for package in sorted(self._imports.function_packages(path)):
                self._add_package(found, package, path)
        for pins in _PINS:
            if self._imports.exists(pins):
                found[pins] = InputFile(pins)
        return found

    def digests(self, layer: str) -> dict[str, str]:
        """Return the SHA-256 of each input's content, in hexadecimal, by path."""
        return {
            path: hashlib.sha256((self._root / path).read_bytes()).hexdigest()
            for path in sorted(self.files(layer))
            if (self._root / path).is_file()
        }

    def _follow(self, found: dict[str, InputFile]) -> None:
        waiting = deque(found.values())
        while waiting:
            file = waiting.popleft()
            if not file.path.endswith(".py"):
                continue
            for imported in self._imports.of(file.path):
                if imported not in found:
                    found[imported] = InputFile(imported, (file.path, *file.through))
                    waiting.append(found[imported])

    def _add_package(self, found: dict[str, InputFile], package: str, asked_by: str) -> None:
        folder = f"{FUNCTIONS}/{package}"
        if not self._imports.exists(f"{folder}/handler.py"):
            return
        through = (asked_by, *found[asked_by].through)
        for place in (folder, *_SHARED_BY_FUNCTIONS):
            for path in self._folder(place):
                if PurePosixPath(path).suffix not in _NOTES:
                    found.setdefault(path, InputFile(path, through))

    def _folder(self, folder: str) -> Iterator[str]:
        """Yield the files below a folder, deleted ones too; of a file, itself."""
        place = self._root / folder
        if place.is_file():
            yield folder
        for path in sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(self._root).as_posix()
        yield from sorted(path for path in self._deleted if path.startswith(f"{folder}/"))

    def _is_read(self, path: str) -> bool:
        name = PurePosixPath(path)
        if name.name.startswith("Pulumi.") and name.suffix == ".yaml":
            return name.name in ("Pulumi.yaml", f"Pulumi.{self._environment}.yaml")
        return name.suffix not in _NOTES

    @staticmethod
    def _modules_of(found: Mapping[str, InputFile]) -> list[str]:
        return [path for path in found if path.endswith(".py")]


def _contracts_read() -> dict[str, tuple[str, ...]]:
    """Return the layers whose contracts each layer reads: its own and those that it consumes."""
    return {
        layer: (layer, *(upstream.layer for upstream in contract.consumes))
        for layer, contract in CONTRACTS.items()
    }
