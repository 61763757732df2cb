"""A server of programs: a warm process that outlives the commands that use it.

A command that starts a warm process of its own waits for its imports; one that finds a server
does not. The server runs beside the laptop cloud and ends with it. What it has imported is part of
its socket's name, so a command never gets an SDK of before an upgrade: it finds no server, and
starts its own process.
"""

import hashlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from deploy.programs.launchers import DEFAULT_PRELOAD, SCRIPTS, zygote_command

_LONGEST_PATH = 100  # bytes; a socket's address holds 103 on macOS, 107 on Linux (unix(7))


def server_socket(home: Path) -> Path | None:
    """Return where this checkout's server would listen, None when no socket's address is so long.

    `home` is the laptop cloud's folder.
    """
    digest = hashlib.sha256("\n".join(_imported()).encode()).hexdigest()
    path = home / f"programs-{digest[:12]}.sock"
    return path if len(str(path).encode()) <= _LONGEST_PATH else None


def server_command(home: Path) -> list[str]:
    """Return the command of a server, which ends when its standard input does; [] without one."""
    path = server_socket(home)
    return zygote_command(str(path), DEFAULT_PRELOAD) if path else []


def _imported() -> Iterator[str]:
    yield sys.executable
    yield sys.version
    sdk = find_spec("pulumi")
    if sdk is not None and sdk.origin is not None:
        installed = Path(sdk.origin).parents[1].glob("*.dist-info")
        yield from sorted(folder.name for folder in installed)
    for script in SCRIPTS:
        yield script.read_text(encoding="utf-8")
