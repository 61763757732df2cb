"""The folders that the servers live in, and what an earlier owner left there.

::

    <folder>/lock               held by the one process that owns the folder
    <folder>/sockets            text: the folder with this owner's Unix sockets
    <folder>/logs/              one log a server
    <folder>/clusters/<cluster>/<writer or reader>/   data directories

Sockets cannot live in there: a socket's path may have 107 bytes at most (unix(7)).
"""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from io import TextIOWrapper
from pathlib import Path

import psutil

from localcloud.databases.account import ServerAccount
from localcloud.databases.errors import DatabaseServerError

WRITER_FOLDER = "writer"
"""The folder of a cluster's writer, beside those of its readers."""

_SOCKET_PATH_BYTES = 107
_SOCKET_FILE_BYTES = len("/.s.PGSQL.65535.lock")
_SOCKETS_PREFIX = "aurora-"
_LEFTOVER_SECONDS = 10.0


class Workspace:
    """Exclusive use of a folder for database servers, until ``close``.

    Data that an earlier owner left is discarded: clusters last as long as the laptop cloud that
    created them. Raises DatabaseServerError when another process owns the folder, when the
    servers' account cannot reach it, or when the temporary folder's path is too long for sockets.
    """

    def __init__(self, folder: Path, account: ServerAccount) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        account.require_access(folder)
        self._lock = _locked(folder / "lock")
        self._note = folder / "sockets"
        self.clusters = folder / "clusters"
        self.logs = folder / "logs"
        try:
            self._discard_leftovers()
            self.clusters.mkdir()
            self.logs.mkdir(exist_ok=True)
            self.sockets = _socket_folder(account)
            self._note.write_text(str(self.sockets), encoding="utf-8")
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Remove the sockets and let the folder go; data and logs stay for a look."""
        self._remove_noted_sockets()
        self._lock.close()

    def _discard_leftovers(self) -> None:
        _end_servers_below(self.clusters)
        if self.clusters.exists():
            shutil.rmtree(self.clusters)
        self._remove_noted_sockets()

    def _remove_noted_sockets(self) -> None:
        if not self._note.exists():
            return
        sockets = Path(self._note.read_text(encoding="utf-8"))
        if sockets.name.startswith(_SOCKETS_PREFIX):
            shutil.rmtree(sockets, ignore_errors=True)
        self._note.unlink()


def _locked(path: Path) -> TextIOWrapper:
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise DatabaseServerError(
            f"another process runs database servers in {path.parent}: stop it first"
        ) from None
    return file


def _socket_folder(account: ServerAccount) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=_SOCKETS_PREFIX))
    if len(os.fsencode(folder)) + _SOCKET_FILE_BYTES > _SOCKET_PATH_BYTES:
        folder.rmdir()
        raise DatabaseServerError(
            f"{folder} is too long for the path of a Unix socket: set TMPDIR to a shorter folder"
        )
    account.own(folder)
    return folder


def _end_servers_below(clusters: Path) -> None:
    """End servers that outlived their owner: possible only where no death signal was set."""
    servers = []
    for file in clusters.glob("*/*/postmaster.pid"):
        with contextlib.suppress(psutil.NoSuchProcess, ValueError, IndexError):
            server = psutil.Process(int(file.read_text(encoding="utf-8").split()[0]))
            if str(file.parent) in server.cmdline():
                server.send_signal(signal.SIGQUIT)
                servers.append(server)
    _, alive = psutil.wait_procs(servers, timeout=_LEFTOVER_SECONDS)
    if alive:
        raise DatabaseServerError(
            f"servers of an earlier owner of {clusters} do not end: "
            + ", ".join(str(server.pid) for server in alive)
        )
