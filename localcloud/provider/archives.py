"""Code archives: the bytes that Lambda gets, and the hash by which they are compared."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from localcloud.provider.errors import ProviderError
from localcloud.provider.wire import is_archive

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip file can hold: equal content, equal bytes


class ArchiveError(ProviderError):
    """An archive cannot be read; the message says which file."""


def zip_bytes(archive: Mapping[str, Any]) -> bytes:
    """Return the zip file of an archive: an existing file as it is, a folder or assets packed.

    Raises ArchiveError when a file is missing or the archive has no local content.
    """
    path = archive.get("path")
    try:
        if path is not None and Path(path).is_file():
            return Path(path).read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
            for name, content in _members(archive, ""):
                target.writestr(zipfile.ZipInfo(name, _EPOCH), content)
        return packed.getvalue()
    except OSError as error:
        raise ArchiveError(f"cannot read the archive: {error}") from error


def with_hash(archive: Mapping[str, Any]) -> dict[str, Any]:
    """Return the archive with its content's SHA-256, so that it can be compared later.

    The engine's own hash, when it sends one, is kept.
    """
    if archive.get("hash"):
        return dict(archive)
    return {**archive, "hash": hashlib.sha256(zip_bytes(archive)).hexdigest()}


def _members(archive: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, bytes]]:
    if archive.get("path") is not None:
        yield from _folder(Path(archive["path"]), prefix)
        return
    if "assets" not in archive:
        raise ArchiveError("an archive needs a local path or assets")
    for name, item in sorted(archive["assets"].items()):
        member = f"{prefix}/{name}" if prefix else name
        if is_archive(item):
            yield from _members(item, member)
        else:
            yield member, _asset(item)


def _folder(folder: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        raise ArchiveError(f"{folder} is neither a file nor a folder")
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        yield (f"{prefix}/{name}" if prefix else name), file.read_bytes()


def _asset(asset: Mapping[str, Any]) -> bytes:
    if "text" in asset:
        return str(asset["text"]).encode()
    if "path" in asset:
        return Path(asset["path"]).read_bytes()
    raise ArchiveError("an asset needs text or a local path")
