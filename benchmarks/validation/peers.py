"""The two tools that others use, each from PyPI into an environment of its own."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.validation.contestants import Contestant

PYTHON = "3.11"
_WORKER = Path(__file__).with_name("peer_worker.py")
_INSTALLATION_LIMIT_SECONDS = 600
_LAST_LINES = 3


class PeerUnavailableError(Exception):
    """A peer cannot be installed here; the message says why."""


@dataclass(frozen=True)
class Peer:
    """A tool: its module, and everything that has to be pinned for it to start today."""

    name: str
    module: str
    requirements: tuple[str, ...]
    options: tuple[str, ...] = ()
    """Switches that make it take more tables, or take them faster."""


# psycopg2 is their only PostgreSQL driver.
_DRIVER = ("psycopg2-binary==2.9.13", "setuptools==80.10.2")
RELADIFF = Peer(
    "reladiff 0.6.0",
    "reladiff",
    ("reladiff==0.6.0", "sqeleton==0.1.7", *_DRIVER),
    # It takes no empty table without the first, and without the second, breaks off when it sorts
    # rows that it found and NULL is among their values. data-diff has neither.
    options=("allow_empty_tables", "skip_sort_results"),
)
# data-diff asks for any dbt-core; newer ones bring a parser that is not on PyPI as a package.
DATA_DIFF = Peer(
    "data-diff 0.11.2", "data_diff", ("data-diff==0.11.2", "dbt-core==1.8.10", *_DRIVER)
)
PEERS = (RELADIFF, DATA_DIFF)


@dataclass(frozen=True)
class Settings:
    """Settings of the hashdiff algorithm, in the tools' own words."""

    threads: int
    bisection_factor: int


DEFAULT = Settings(threads=1, bisection_factor=32)
"""What both command lines do when nothing is said."""

FASTEST_EQUAL = Settings(threads=4, bisection_factor=32)
"""The fastest of threads 1, 2, 4, 8 and factors 2 to 256, when the tables are equal."""

FASTEST_DIFFERENT = Settings(threads=4, bisection_factor=256)
"""The fastest with scattered differences; three times as fast as the default factor."""


def install(peer: Peer, folder: Path) -> Path:
    """Install a peer below a folder that exists; return its interpreter.

    Raises PeerUnavailableError.
    """
    environment = folder / peer.module
    interpreter = environment / "bin" / "python"
    if shutil.which("uv") is None:
        raise PeerUnavailableError(f"{peer.name}: uv is not on PATH")
    _uv(peer, folder, "venv", "--python", PYTHON, str(environment))
    _uv(peer, folder, "pip", "install", "--python", str(interpreter), *peer.requirements)
    return interpreter


def contestant(peer: Peer, interpreter: Path, settings: Settings, *, label: str) -> Contestant:
    """Return an installed peer as a contestant with these settings."""
    return Contestant(
        name=f"{peer.name}{label}",
        command=(str(interpreter), "-I", str(_WORKER), peer.module),
        settings={
            "threads": settings.threads,
            "bisection_factor": settings.bisection_factor,
            "options": dict.fromkeys(peer.options, True),
        },
        rounds_when_large=1,
        largest=1_000_000 if settings == DEFAULT else None,
    )


def _uv(peer: Peer, folder: Path, *arguments: str) -> None:
    """Run uv outside of the checkout, whose pinned versions are not the peer's."""
    try:
        ran = subprocess.run(
            ["uv", *arguments],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=_INSTALLATION_LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired as problem:
        raise PeerUnavailableError(f"{peer.name}: {problem}") from problem
    if ran.returncode:
        reason = " ".join(ran.stderr.strip().splitlines()[-_LAST_LINES:])
        raise PeerUnavailableError(f"{peer.name}: uv {arguments[0]} failed: {reason}")
