"""The CLI's process: its environment, its output, and being interrupted once."""

import sys
import threading
from pathlib import Path

import pytest
from pulumi.automation import CommandError, ConcurrentUpdateError, PulumiCommand

from deploy.engines.cli.command import InterruptibleCommand

PROGRAM = """#!/bin/sh
if [ "$1" = version ]; then echo v3.260.0; exit; fi
{body}
"""


def command(folder: Path, body: str) -> InterruptibleCommand:
    """Return a command whose CLI is a shell script."""
    file = folder / "bin" / "pulumi"
    file.parent.mkdir()
    file.write_text(PROGRAM.format(body=body))
    file.chmod(0o755)
    return InterruptibleCommand(PulumiCommand(root=str(folder)))


def test_output_is_heard_line_by_line_and_returned(tmp_path: Path) -> None:
    heard: list[str] = []
    made = command(tmp_path, 'echo "$@"; echo "$GIVEN"; echo aside >&2; pwd')
    result = made.run(["up"], str(tmp_path), {"GIVEN": "value"}, heard.append)
    assert heard == ["--non-interactive up", "value", str(tmp_path)]
    assert result.stdout.splitlines() == heard
    assert result.stderr == "aside"


def test_plugins_beside_the_cli_are_found_first(tmp_path: Path) -> None:
    made = command(tmp_path, 'echo "$PATH"')
    result = made.run([], str(tmp_path), {"PATH": "/usr/bin:/bin"})
    assert result.stdout == f"{tmp_path / 'bin'}:/usr/bin:/bin"


def test_a_failure_raises_what_the_automation_api_raises(tmp_path: Path) -> None:
    made = command(tmp_path, "echo 'error: the stack is currently locked by 1 lock(s)' >&2; exit 5")
    with pytest.raises(ConcurrentUpdateError):
        made.run(["up"], str(tmp_path), {})
    assert made.failure == "error: the stack is currently locked by 1 lock(s)"


def test_an_interruption_reaches_the_cli_once_and_lets_it_finish(tmp_path: Path) -> None:
    # No shell: it cannot trap what is ignored where the tests are started in the background.
    program = tmp_path / "program.py"
    program.write_text(
        "import signal, time\n"
        "signal.signal(signal.SIGINT, lambda *_: print('told', flush=True))\n"
        "print('ready', flush=True)\n"
        "for _ in range(10): time.sleep(0.1)\n"
        "print('done'); raise SystemExit(3)\n"
    )
    made = command(tmp_path, f"exec {sys.executable} {program}")
    heard: list[str] = []
    ready = threading.Event()

    def hear(line: str) -> None:
        heard.append(line)
        ready.set()

    def interrupt() -> None:
        ready.wait(20)
        made.interrupt()
        made.interrupt()

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(CommandError):
        made.run(["up"], str(tmp_path), {}, hear)
    helper.join()
    assert heard == ["ready", "told", "done"]
    assert made.interrupted


def test_nothing_is_started_after_an_interruption(tmp_path: Path) -> None:
    made = command(tmp_path, "touch started")
    made.interrupt()
    with pytest.raises(CommandError, match="interrupted before it began"):
        made.run(["up"], str(tmp_path), {})
    assert not (tmp_path / "started").exists()
