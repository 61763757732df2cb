"""Deployment packages of the functions: one deterministic zip per function.

A package holds the function's folder, what all functions share (`functions/runtime`), and the
distributions that the function's `requirements.txt` names, with everything they require in turn.
Distributions are taken as they are installed, so versions are pinned by the lock file and by
nothing else. Sources: the packaging guide's "Recording installed projects" (RECORD, WHEEL), PEP
508 (markers, extras), AWS "Working with .zip file archives for Python Lambda functions".

The same content gives the same bytes on every machine: entries are sorted, carry one fixed time
stamp and one mode, and are stored, not deflated, because two builds of zlib need not agree on the
compressed bytes. A changed package therefore always means changed content.
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[1]
FUNCTIONS = CHECKOUT / "functions"
BUILD = CHECKOUT / "build" / "functions"

PROVIDED_BY_LAMBDA = frozenset({"boto3", "botocore", "s3transfer", "urllib3"})
"""Part of Lambda's Python runtimes (AWS "Lambda runtimes for Python", Runtime-included SDK)."""

RUNTIME_MARKERS = {
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_system": "Linux",
    "sys_platform": "linux",
}
"""Where a package runs, whatever laptop builds it; the Python version is the running one's."""

_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644 << 16
_UNIX = 3
_SKIPPED_SUFFIXES = (".pyc", ".pyo")
_SKIPPED_NAMES = frozenset({"requirements.txt", ".DS_Store"})
_INSTALLER_RECORDS = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})


class PackagingError(RuntimeError):
    """A package cannot be built; the message names the function or the distribution at fault."""


def build(function_name: str) -> Path:
    """Return the absolute path of the function's package, written anew only if content changed.

    Builds of the same function may run at the same time: each writes a file of its own and moves
    it into place whole. Raises PackagingError when there is no such function, or when one of its
    distributions is not installed, is not pure Python, or clashes with another.
    """
    package = BUILD / f"{function_name}.zip"
    entries = collect(function_name)
    digest = _digest(entries)
    if _digest_of(package) != digest:
        _write(package, entries, digest)
    return package


def collect(function_name: str) -> dict[str, bytes]:
    """Return the content of the function's package: path inside the zip to bytes, sorted."""
    folder = FUNCTIONS / function_name
    if not (folder / "handler.py").is_file():
        raise PackagingError(f"there is no function {function_name}: {folder} has no handler.py")
    entries = {"functions/__init__.py": (FUNCTIONS / "__init__.py").read_bytes()}
    for source in (FUNCTIONS / "runtime", folder):
        entries.update(_folder_entries(source))
    owners = dict.fromkeys(entries, f"function {function_name}")
    for name, distribution in resolve(_requirements(folder)).items():
        for path, content in _distribution_entries(distribution).items():
            if entries.setdefault(path, content) != content:
                raise PackagingError(f"{name} and {owners[path]} both have a file {path}")
            owners.setdefault(path, name)
    return dict(sorted(entries.items()))


def resolve(requirements: list[Requirement]) -> dict[str, metadata.Distribution]:
    """Return the installed distributions that satisfy these requirements, by canonical name.

    Follows requirements transitively, with markers evaluated for Lambda's Linux and extras
    honoured, and stops at what Lambda provides. Raises PackagingError for a distribution that is
    not installed or not pure Python.
    """
    resolved: dict[str, metadata.Distribution] = {}
    visited: set[tuple[str, frozenset[str]]] = set()
    waiting = [(requirement, "requirements.txt") for requirement in requirements]
    while waiting:
        requirement, wanted_by = waiting.pop()
        name = canonicalize_name(requirement.name)
        request = (name, frozenset(requirement.extras))
        if name in PROVIDED_BY_LAMBDA or request in visited:
            continue
        visited.add(request)
        distribution = resolved.setdefault(name, _installed(requirement, wanted_by))
        waiting.extend((needed, name) for needed in _needs(distribution, requirement.extras))
    return dict(sorted(resolved.items()))


def _requirements(folder: Path) -> list[Requirement]:
    """Read a function's `requirements.txt`: one distribution a line, comments after `#`."""
    file = folder / "requirements.txt"
    if not file.is_file():
        raise PackagingError(f"function {folder.name} has no requirements.txt: {file}")
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    try:
        requirements = [Requirement(line) for line in lines if line]
    except InvalidRequirement as error:
        raise PackagingError(f"{file}: {error}") from error
    for requirement in requirements:
        if requirement.specifier or requirement.url:
            raise PackagingError(
                f"{file}: {requirement} is pinned; the lock file pins, name {requirement.name} only"
            )
    return [each for each in requirements if _applies(each, extras=set())]


def _needs(distribution: metadata.Distribution, extras: set[str]) -> Iterator[Requirement]:
    """Yield what a distribution requires, asked for with these extras."""
    return (each for each in _recorded(distribution) if _applies(each, extras))


@cache
def _recorded(distribution: metadata.Distribution) -> Sequence[Requirement]:
    return [Requirement(line) for line in distribution.requires or ()]


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    if marker is None:
        return True
    return any(marker.evaluate({**RUNTIME_MARKERS, "extra": extra}) for extra in ("", *extras))


@cache
def find_distribution(name: str) -> metadata.Distribution:
    """Find an installed distribution: once, because a layer's functions share most of them.

    Raises importlib.metadata.PackageNotFoundError.
    """
    return metadata.distribution(name)


def _installed(requirement: Requirement, wanted_by: str) -> metadata.Distribution:
    try:
        distribution = find_distribution(requirement.name)
    except metadata.PackageNotFoundError:
        raise PackagingError(
            f"{requirement.name}, required by {wanted_by}, is not installed: run uv sync"
        ) from None
    wheel = distribution.read_text("WHEEL") or ""
    if "root-is-purelib: true" not in wheel.lower():
        raise PackagingError(
            f"{requirement.name}, required by {wanted_by}, is not pure Python: a package built on "
            "one machine would not run on another, nor on Lambda"
        )
    return distribution


def _folder_entries(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        name = path.relative_to(CHECKOUT).as_posix()
        if path.is_file() and _belongs(name):
            yield name, path.read_bytes()


@cache
def _distribution_entries(distribution: metadata.Distribution) -> Mapping[str, bytes]:
    """Return a distribution's files; not its scripts, nor what the installer noted about itself."""
    if distribution.files is None:
        raise PackagingError(f"{distribution.name} does not record its files: install it anew")
    return dict(_packaged(distribution.files))


def _packaged(files: Iterable[metadata.PackagePath]) -> Iterator[tuple[str, bytes]]:
    for path in files:
        name = path.as_posix()
        installed_outside = ".." in path.parts or path.is_absolute()
        note = path.parent.name.endswith(".dist-info") and (
            path.name in _INSTALLER_RECORDS or path.name.startswith("uv_")
        )
        if not installed_outside and not note and _belongs(name):
            yield name, Path(str(path.locate())).read_bytes()


def _belongs(name: str) -> bool:
    path = Path(name)
    return (
        "__pycache__" not in path.parts
        and path.suffix not in _SKIPPED_SUFFIXES
        and path.name not in _SKIPPED_NAMES
    )


def _digest(entries: Mapping[str, bytes]) -> bytes:
    """Return a hexadecimal SHA-256 over every path and content, lengths included."""
    digest = hashlib.sha256()
    for name, content in entries.items():
        digest.update(f"{len(name)}:{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest().encode()


def _digest_of(package: Path) -> bytes | None:
    """Return the digest that an existing package carries as its comment, None without one."""
    try:
        with zipfile.ZipFile(package) as archive:
            return archive.comment
    except (FileNotFoundError, zipfile.BadZipFile):
        return None


def _write(package: Path, entries: Mapping[str, bytes], digest: bytes) -> None:
    package.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=package.parent, prefix=f".{package.stem}-")
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            for name, content in entries.items():
                entry = zipfile.ZipInfo(name, date_time=_EARLIEST_ZIP_TIME)
                entry.create_system = _UNIX
                entry.external_attr = _FILE_MODE
                archive.writestr(entry, content)
            archive.comment = digest
        Path(temporary).replace(package)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
