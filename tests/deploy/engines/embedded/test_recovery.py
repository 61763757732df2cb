"""After kill -9 in the middle of anything, the next run finishes: nothing twice, nothing left over.

The engine runs in a process of its own, which is killed while the cloud holds one of its calls.
The cloud then carries the call out, as a server that outlives the engine does. What counts is what
is left in the cloud, not what the state says.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from deploy.events import Operation
from tests.deploy.engines.embedded.scenario import Scenario, wait_until

ROOT = Path(__file__).parents[4]

BEFORE = """
Thing("gone")
Thing("changed", size=1)
a = Thing("moved", zone="x")
Thing("user", uses=a.id)
Thing("rebuilt", name="rebuilt", zone="x")
"""
AFTER = """
import os, pathlib
pathlib.Path("program.pid").write_text(str(os.getpid()))
Thing("added", size=7, secretnote=pulumi.Output.secret("hush"))
Thing("changed", size=2)
a = Thing("moved", zone="y")
Thing("user", uses=a.id)
Thing("rebuilt", name="rebuilt", zone="y")
"""
WANTED = [
    ("added", None, 7),
    ("changed", None, 2),
    ("moved", "y", None),
    ("rebuilt", "y", None),
    ("user", None, None),
]

Kill = Callable[[str, str, str], None]


@pytest.fixture(scope="module")
def engines() -> Iterator[subprocess.Popen[str]]:
    """The process that starts engine processes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.engines.embedded.engine_process"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def kill_during(scenario: Scenario, engines: subprocess.Popen[str]) -> Kill:
    """Return what runs a verb in a process and kills it while the cloud holds a call."""

    def kill(verb: str, method: str, resource: str) -> None:
        hold = scenario.cloud.hold(method, resource)
        assert engines.stdin is not None and engines.stdout is not None
        engines.stdin.write(f"{scenario.folder}\t{scenario.address}\t{verb}\n")
        engines.stdin.flush()
        pid = int(engines.stdout.readline())
        try:
            assert hold.arrived.wait(30)
        finally:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: _is_gone(pid))
        for program in scenario.directory.glob("program.pid"):
            wait_until(partial(_is_gone, int(program.read_text())))
        hold.released.set()
        wait_until(lambda: scenario.cloud.concurrent == 0)

    return kill


def _is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _contents(scenario: Scenario) -> list[tuple[str, object, object]]:
    return sorted(
        (thing.name.split("-")[0], thing.inputs.get("zone"), thing.inputs.get("size"))
        for thing in scenario.cloud.things.values()
    )


@pytest.mark.parametrize(
    ("method", "resource"),
    [
        ("create", "added"),
        ("update", "changed"),
        ("create", "moved"),
        ("update", "user"),
        ("delete", "moved"),
        ("delete", "rebuilt"),
        ("create", "rebuilt"),
        ("delete", "gone"),
    ],
)
def test_the_next_deployment_finishes_a_killed_one(
    scenario: Scenario, kill_during: Kill, method: str, resource: str
) -> None:
    assert scenario.up(BEFORE).result.ok
    scenario.write(AFTER)
    kill_during("up", method, resource)
    assert any(resource in operation for operation in scenario.state().pending_operations)
    run = scenario.up()
    assert run.result.ok, run.result.errors
    assert any(f"interrupted while {method[:-1]}ing {resource}" in line for line in run.lines())
    assert any("took over the lock" in line for line in run.lines())
    assert _contents(scenario) == WANTED
    assert "hush" not in scenario.state_file.read_text()
    assert scenario.state().pending_operations == ()
    assert scenario.up().result.changes == 0


def test_a_killed_creation_is_made_once(scenario: Scenario, kill_during: Kill) -> None:
    scenario.write(AFTER)
    kill_during("up", "create", "added")
    scenario.up()
    assert scenario.cloud.calls["create", "added"] == 1


def test_a_killed_creation_that_is_no_longer_wanted_is_deleted(
    scenario: Scenario, kill_during: Kill
) -> None:
    scenario.write(AFTER)
    kill_during("up", "create", "added")
    run = scenario.up('Thing("other")')
    assert run.result.ok, run.result.errors
    assert [name.split("-")[0] for name in scenario.cloud.names()] == ["other"]


def test_a_killed_deployment_can_be_destroyed(scenario: Scenario, kill_during: Kill) -> None:
    assert scenario.up(BEFORE).result.ok
    scenario.write(AFTER)
    kill_during("up", "create", "moved")
    run = scenario.destroy()
    assert run.result.ok, run.result.errors
    assert scenario.cloud.things == {}
    assert not scenario.state_file.exists()


def test_a_killed_destruction_is_finished(scenario: Scenario, kill_during: Kill) -> None:
    assert scenario.up(BEFORE + 'pulumi.export("address", "here")\n').result.outputs
    kill_during("destroy", "delete", "gone")
    assert scenario.state().outputs == {}
    assert scenario.destroy().result.ok
    assert scenario.cloud.things == {}


def test_a_preview_after_a_kill_warns_and_changes_nothing(
    scenario: Scenario, kill_during: Kill
) -> None:
    scenario.write(AFTER)
    kill_during("up", "create", "added")
    before = scenario.state_file.read_bytes()
    things = dict(scenario.cloud.things)
    run = scenario.preview()
    assert run.result.ok, run.result.errors
    assert any("interrupted while creating added" in line for line in run.lines())
    assert scenario.state_file.read_bytes() == before
    assert scenario.cloud.things == things


def test_a_creation_that_cannot_be_finished_is_planned_anew(
    scenario: Scenario, kill_during: Kill
) -> None:
    scenario.write(AFTER)
    scenario.cloud.faults["create", "added"] = "no capacity"
    kill_during("up", "create", "added")
    scenario.cloud.faults.clear()
    run = scenario.up()
    assert run.result.ok, run.result.errors
    assert any("no capacity" in line for line in run.lines())
    assert _contents(scenario) == WANTED


def test_a_pending_operation_waits_for_a_provider_that_does_not_answer(
    scenario: Scenario, kill_during: Kill
) -> None:
    scenario.write(AFTER)
    kill_during("up", "create", "added")
    address, scenario.address = scenario.address, "127.0.0.1:1"
    pending = scenario.state().pending_operations
    run = scenario.up()
    assert all("does not answer" in error.message for error in run.result.errors)
    assert len(run.result.errors) == len(pending) >= 1
    assert scenario.state().pending_operations == pending
    scenario.address = address
    assert scenario.up().result.counts[Operation.SAME] >= 1
    assert _contents(scenario) == WANTED


def test_the_warm_process_dies_with_the_engine(tmp_path: Path) -> None:
    code = (
        "import os, time\nfrom deploy.programs import WarmLauncher\n"
        "warm = WarmLauncher(preload=())\nwarm.start()\n"
        "import psutil\nprint(psutil.Process().children()[0].pid, flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        warm = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: _is_gone(warm))
