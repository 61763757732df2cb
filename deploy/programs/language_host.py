"""Runs one Pulumi program in this process, as Pulumi's own Python language host does.

This file runs in the program's process, by path and outside the package, so that a program sees
nothing of the engine. Source of the behaviour: pulumi/pulumi, sdk/python/cmd/
pulumi-language-python-exec.

The engine and the process hold the two ends of one socket. The engine sends a request, one line of
JSON: `{"arguments": {...}, "environment": {...}, "directory": "..."}`; the process answers
`{"pid": n}` and, at its end, `{"exit": code}`. When the socket closes early the engine is gone, and
the process kills itself together with everything it started.
"""

import asyncio
import json
import logging
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import pulumi
import pulumi.runtime

EXIT_FAILED = 1
EXIT_MESSAGE_SHOWN = 32
"""Exit code of a program whose exception was already reported through the engine's log."""


def main(conversation: socket.socket) -> NoReturn:
    """Run the program that the engine asks for over `conversation`, and end the process."""
    stream = conversation.makefile("rwb")
    request = json.loads(stream.readline())
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["directory"])
    _answer(stream, pid=os.getpid())
    threading.Thread(target=_die_with_engine, args=(conversation,), daemon=True).start()
    code = EXIT_FAILED
    try:
        code = run_program(request["arguments"])
    except SystemExit as exit_request:
        code = _exit_code(exit_request)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    _answer(stream, exit=code)
    os._exit(code)


def run_program(arguments: dict[str, Any]) -> int:
    """Run a program against the engine that `arguments` name; return its exit code."""
    pulumi.runtime.set_all_config(
        pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env()
    )
    pulumi.runtime.configure(pulumi.runtime.Settings(**arguments["settings"]))
    # The SDK sends the engine six lines of debugging a resource, and waits for each to arrive; the
    # engine shows none of them.
    pulumi.log.debug = _say_nothing
    program = arguments["program"]
    sys.argv = [program]
    sys.path[:0] = _python_path()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=arguments["settings"]["parallel"] * 4)
    loop.set_default_executor(executor)
    # A failing program leaves futures unobserved; asyncio would report each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _execute(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return EXIT_FAILED
    except Exception:
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_user_trace(program)}")
        return EXIT_MESSAGE_SHOWN
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def _say_nothing(*_: Any, **__: Any) -> None:
    """Stand in for `pulumi.log.debug`."""


def _execute(program: str) -> None:
    if Path(program).is_dir() and not Path(program, "__main__.py").exists():
        raise pulumi.RunError(f"there is no __main__.py in {program}")
    # A compiled module is known by its source's size and second of change: one that is edited
    # twice within a second would run as it was.
    sys.dont_write_bytecode = True
    runpy.run_path(program, run_name="__main__")


def _python_path() -> list[str]:
    """Return the program's folder and what PYTHONPATH adds: a fork did not read it at its start."""
    entries = [str(Path.cwd()), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return [entry for entry in entries if entry and entry not in sys.path]


def _user_trace(program: str) -> str:
    """Return the current traceback from the program's first frame on.

    A program that cannot be parsed has no frame: the error names the file, the line and the place.
    """
    error = sys.exc_info()[1]
    frames = traceback.extract_tb(sys.exc_info()[2])
    mine = [index for index, frame in enumerate(frames) if frame.filename.startswith(program)]
    if isinstance(error, SyntaxError) and not mine:
        return "".join(traceback.format_exception_only(error))
    return traceback.format_exc(limit=mine[0] - len(frames)) if mine else traceback.format_exc()


def _exit_code(exit_request: SystemExit) -> int:
    if exit_request.code is None:
        return 0
    if isinstance(exit_request.code, int):
        return exit_request.code
    sys.stderr.write(f"{exit_request.code}\n")
    return EXIT_FAILED


def _answer(stream: Any, **message: int) -> None:
    try:
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()
    except OSError:
        os._exit(EXIT_FAILED)


def _die_with_engine(conversation: socket.socket) -> None:
    """Wait for the engine's end of the socket to close; then kill the process group."""
    while conversation.recv(1, socket.MSG_PEEK):
        conversation.recv(1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
