"""A process that has the SDKs imported and forks one ready child for each program.

This file runs by path in a process of its own. Importing pulumi and pulumi_aws takes a second or
two; a fork of a process that has them takes milliseconds. An engine sends a message with two file
descriptors, the program's conversation (see language_host) and its output; it needs no answer.
Children watch their own sockets.

The first argument is either the number of a descriptor, the other end of which one engine holds,
or the path of a socket to listen on for any number of engines, one after the other or at once. The
process ends when that engine closes its end, or when standard input reaches its end.

No gRPC channel may exist before a fork, so nothing but imports happens here.
"""

import contextlib
import gc
import importlib
import importlib.util
import os
import select
import signal
import socket
import sys
from pathlib import Path
from types import ModuleType

_CONVERSATION, _OUTPUT = 0, 1
_ONLY_OWNER = 0o177


class Engines:
    """Those who ask for programs: the one that holds the other end, or all who connect."""

    def __init__(self, door: str) -> None:
        self._door = door
        self._listener = None if door.isdecimal() else _listen(door)
        self._connected = [] if self._listener else [socket.socket(fileno=int(door))]

    def next_message(self, *, wait: bool) -> list[int]:
        """Return the descriptors of a message, none when there is no message (yet).

        Ends the process when nobody is left to ask.
        """
        doors = [*self._connected, *([self._listener, sys.stdin] if self._listener else [])]
        ready = select.select(doors, [], [], None if wait else 0)[0]
        if sys.stdin in ready:
            Path(self._door).unlink(missing_ok=True)
            sys.exit()
        if self._listener is not None and self._listener in ready:
            self._connected.append(self._listener.accept()[0])
        for engine in [each for each in self._connected if each in ready]:
            descriptors = _received(engine)
            if descriptors:
                return descriptors
            engine.close()
            self._connected.remove(engine)
        if not (self._listener or self._connected):
            sys.exit()
        return []

    def close(self) -> None:
        """Close a fork's copies of the sockets."""
        for each in [*self._connected, *([self._listener] if self._listener else [])]:
            each.close()


def main(door: str, preload: list[str]) -> None:
    """Import what programs need and fork a child per message, until nobody is left to ask."""
    # The kernel reaps children whose parent ignores their end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # A Ctrl-C is for the engine, which ends the programs in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Imports make no garbage to speak of, and looking for it takes a quarter of their time.
    gc.disable()
    engines = Engines(door)
    language_host = _load_language_host()
    waiting = list(reversed(preload))
    while True:
        # Who already wants to run a program need not wait for what that one may never use.
        descriptors = engines.next_message(wait=not waiting)
        if not descriptors:
            if waiting:
                _touch(waiting.pop())
            continue
        gc.freeze()
        if os.fork() == 0:
            engines.close()
            _become_program(language_host, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _listen(path: str) -> socket.socket:
    """Listen on a socket that nobody but its owner may use."""
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(_ONLY_OWNER)
    listener.bind(path)
    os.umask(before)
    listener.listen()
    return listener


def _received(engine: socket.socket) -> list[int]:
    with contextlib.suppress(ConnectionError):
        return list(socket.recv_fds(engine, 1, 2)[1])
    return []


def _load_language_host() -> ModuleType:
    """Import the module beside this file by its path: the package must not be imported here."""
    path = Path(__file__).with_name("language_host.py")
    spec = importlib.util.spec_from_file_location("language_host", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _touch(name: str) -> None:
    """Import `package.module.Name` by attribute.

    pulumi_aws loads its modules lazily on access; importing one by its name breaks that. What
    cannot be preloaded is left to the program, which then says why.
    """
    package, *attributes = name.split(".")
    try:
        found: object = importlib.import_module(package)
        for attribute in attributes:
            found = getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        sys.stderr.write(f"cannot preload {name}: {error}\n")


def _become_program(language_host: ModuleType, descriptors: list[int]) -> None:
    gc.enable()
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    output = descriptors[_OUTPUT]
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    language_host.main(socket.socket(fileno=descriptors[_CONVERSATION]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
