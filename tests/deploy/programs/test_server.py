"""The server of programs: several engines, one warm process, gone with its owner."""

import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.programs import WarmLauncher, server
from deploy.programs.launchers import DEFAULT_PRELOAD, zygote_command
from tests.deploy.engines.embedded.scenario import Scenario, wait_until

PROGRAM = "import os\npulumi.export('parent', os.getppid())"


class Server:
    """A running server without preloaded modules."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.process = subprocess.Popen(zygote_command(str(socket), ()), stdin=subprocess.PIPE)
        wait_until(socket.exists)

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(20)


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("s") / "s")
    yield running
    running.process.kill()
    running.end()


def parent(scenario: Scenario, launcher: WarmLauncher) -> object:
    """Return the process that a program was forked from."""
    scenario.launcher = launcher
    run = scenario.up(PROGRAM)
    assert run.result.ok, run.result.errors
    return run.result.outputs["parent"]


def test_commands_at_once_and_later_ones_use_the_same_process(
    scenario: Scenario, running: Server
) -> None:
    with WarmLauncher((), running.socket) as first, WarmLauncher((), running.socket) as second:
        assert parent(scenario, first) == running.process.pid
        assert parent(scenario, second) == running.process.pid
    with WarmLauncher((), running.socket) as later:
        assert parent(scenario, later) == running.process.pid


def test_it_ends_with_its_owner_and_leaves_no_socket(running: Server) -> None:
    assert running.end() == 0
    assert not running.socket.exists()


def test_nobody_but_its_owner_may_have_it_run_programs(running: Server) -> None:
    assert stat.S_IMODE(running.socket.stat().st_mode) == 0o600


@pytest.mark.parametrize("killed", [False, True], ids=["never there", "killed"])
def test_without_a_server_a_command_has_a_process_of_its_own(
    scenario: Scenario, running: Server, tmp_path: Path, killed: bool
) -> None:
    socket = running.socket if killed else tmp_path / "none"
    if killed:
        running.process.kill()
        running.process.wait()
    with WarmLauncher((), socket) as launcher:
        assert parent(scenario, launcher) != running.process.pid


def test_a_program_of_a_server_reads_nothing_from_its_input(
    scenario: Scenario, running: Server
) -> None:
    with WarmLauncher((), running.socket) as launcher:
        scenario.launcher = launcher
        run = scenario.up("import sys\npulumi.export('read', sys.stdin.read())")
        assert run.result.outputs == {"read": ""}
        assert parent(scenario, launcher) == running.process.pid


def test_the_place_tells_what_was_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path("/home")
    before = server.server_socket(home)
    assert before == server.server_socket(home)
    monkeypatch.setattr("sys.version", "another")
    after = server.server_socket(home)
    assert before and after and before != after
    assert server.server_command(home)[-1] == DEFAULT_PRELOAD[-1]
    assert str(after) in server.server_command(home)


def test_there_is_none_where_a_socket_cannot_have_its_address() -> None:
    home = Path("/" + "a" * 90)
    assert server.server_socket(home) is None
    assert server.server_command(home) == []
