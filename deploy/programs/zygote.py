"""A process that has the SDKs imported and forks one ready child for each program.

This file runs by path in a process of its own. Importing pulumi and pulumi_aws takes a second or
two; a fork of a process that has them takes milliseconds. The engine sends a message with two file
descriptors, the program's conversation (see language_host) and its output; it needs no answer.
When the engine's end of the socket closes, the process ends; its children watch their own sockets.

No gRPC channel may exist before a fork, so nothing but imports happens here.
"""

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


def main(control: socket.socket, preload: list[str]) -> None:
    """Import what programs need and fork a child per message, until the engine is gone."""
    # The kernel reaps children whose parent ignores their end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # A Ctrl-C is for the engine, which ends the programs in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Imports make no garbage to speak of, and looking for it takes a quarter of their time.
    gc.disable()
    language_host = _load_language_host()
    waiting = list(reversed(preload))
    while True:
        # Who already wants to run a program need not wait for what that one may never use.
        if waiting and not select.select([control], [], [], 0)[0]:
            _touch(waiting.pop())
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not message:
            return
        gc.freeze()
        if os.fork() == 0:
            control.close()
            _become_program(language_host, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


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
    output = descriptors[_OUTPUT]
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    language_host.main(socket.socket(fileno=descriptors[_CONVERSATION]))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
