"""Hashes of assets and archives, byte for byte those of Pulumi's CLI, and their paths.

An asset's or archive's hash is what tells a changed Lambda package from an unchanged one. The CLI
takes the SHA-256 of a file's bytes, of a text, or, for a directory, of the tar stream that Go's
archive/tar writes for it. Source: pulumi/pulumi, sdk/go/common/resource/{asset,archive}.

Two things are refused by name: assets fetched from a URI, and directories with file names that do
not fit the ustar header (more than 100 bytes or outside ASCII), for which Go switches formats.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.values import ARCHIVE, ASSET, SIGNATURE_KEY, Properties, rewrite

_BLOCK = 512
_NAME_BYTES = 100


def hashed(value: Any, directory: Path) -> Any:
    """Return a value from a program with the hash put into each of its assets and archives.

    Relative paths are taken from `directory`. Raises OperationError when a file is missing.
    """

    def change(signed: Properties) -> Any:
        if signed[SIGNATURE_KEY] not in (ASSET, ARCHIVE) or "hash" in signed:
            return signed
        try:
            return {**signed, "hash": _hash(signed, directory)}
        except OSError as error:
            raise OperationError(f"cannot read {error.filename} for an asset: {error}") from error

    return rewrite(value, change)


def _hash(signed: Properties, directory: Path) -> str:
    if "text" in signed:
        return hashlib.sha256(signed["text"].encode()).hexdigest()
    if signed.get("path") and not (directory / signed["path"]).is_dir():
        return hashlib.sha256((directory / signed["path"]).read_bytes()).hexdigest()
    digest = hashlib.sha256()
    seen: set[str] = set()
    for name, content in _entries(signed, directory):
        if name not in seen:
            seen.add(name)
            digest.update(_tar_header(name, len(content)))
            digest.update(content + bytes(-len(content) % _BLOCK))
    digest.update(bytes(2 * _BLOCK))
    return digest.hexdigest()


def _entries(signed: Properties, directory: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file of an archive, in the CLI's order."""
    if signed.get("path"):
        root = directory / signed["path"]
        for file in _files(root):
            yield file.relative_to(root).as_posix(), file.read_bytes()
        return
    if "assets" not in signed:
        raise OperationError("assets from a URI are not supported: download the file first")
    for name, member in sorted(signed["assets"].items()):
        if _is_file(member):
            yield name, _file_content(member, directory)
        else:
            for inner, content in _entries(member, directory):
                yield str(PurePosixPath(name) / inner), content


def _is_file(member: Properties) -> bool:
    return member.get(SIGNATURE_KEY) == ASSET


def _file_content(asset: Properties, directory: Path) -> bytes:
    if "text" in asset:
        return str(asset["text"]).encode()
    if asset.get("path"):
        return (directory / str(asset["path"])).read_bytes()
    raise OperationError("assets from a URI are not supported: download the file first")


def _files(root: Path) -> Iterator[Path]:
    """Yield the files below `root` as Go's filepath.Walk does: each folder in name order."""
    for entry in sorted(os.scandir(root), key=lambda entry: os.fsencode(entry.name)):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif not entry.is_dir():
            yield Path(entry.path)


def _tar_header(name: str, size: int) -> bytes:
    """Return the ustar header that Go's archive/tar writes for `{Name, Mode: 0600, Size}`.

    Unlike Python's tarfile it fills in the device numbers, and leaves the times at zero.
    """
    encoded = name.encode()
    if len(encoded) > _NAME_BYTES or not name.isascii():
        raise OperationError(
            f"cannot hash the directory archive: the file name {name!r} is longer than "
            f"{_NAME_BYTES} bytes or not ASCII. Pass a zip file instead of a directory"
        )
    zero = b"0000000\0"
    before = encoded.ljust(_NAME_BYTES, b"\0") + b"0000600\0" + zero + zero
    before += b"%011o\0" % size + b"%011o\0" % 0
    after = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + zero + zero + bytes(155 + 12)
    checksum = sum(before) + sum(b" " * 8) + sum(after)
    return before + b"%06o\0 " % checksum + after


class AssetPaths:
    """Translates the paths in assets between the program's form and absolute ones.

    A program names files relative to its own folder. The provider is a server with another
    working directory, so it is given absolute paths; what it answers is turned back, and the
    state stays free of where a checkout lies.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._originals: dict[str, str] = {}

    def to_absolute(self, value: Any) -> Any:
        """Return a value with absolute paths."""

        def change(signed: Properties) -> Any:
            if signed[SIGNATURE_KEY] not in (ASSET, ARCHIVE) or not signed.get("path"):
                return signed
            absolute = str((self._directory / signed["path"]).resolve())
            self._originals[absolute] = signed["path"]
            return {**signed, "path": absolute}

        return rewrite(value, change)

    def to_original(self, value: Any) -> Any:
        """Return a value with the paths as the program gave them."""

        def change(signed: Properties) -> Any:
            if signed[SIGNATURE_KEY] not in (ASSET, ARCHIVE) or not signed.get("path"):
                return signed
            return {**signed, "path": self._originals.get(signed["path"], signed["path"])}

        return rewrite(value, change)
