"""State at rest: its files, damage to them, locks, and what can be read without a run."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from deploy.engines.embedded import LockedError, StackState, StateError
from deploy.errors import EngineError
from tests.deploy.engines.embedded.scenario import Scenario, wait_until

PROGRAM = 'Thing("a", size=1)\npulumi.export("size", 1)'


@pytest.fixture
def deployed(scenario: Scenario) -> Scenario:
    assert scenario.up(PROGRAM).result.ok
    return scenario


def _lock(scenario: Scenario, **changes: object) -> Path:
    folder = scenario.backend / ".pulumi" / "locks" / "organization" / scenario.project / "local"
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "pid": os.getpid(),
        "username": "someone",
        "hostname": socket.gethostname(),
        "timestamp": datetime.now(UTC).isoformat(),
        **changes,
    }
    file = folder / "0b8ce4a6-2a92-4d2a-b62c-9b1ac1b7ae6e.json"
    file.write_text(json.dumps(content))
    return file


def _dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_view_of_a_stack_without_state_is_none(tmp_path: Path) -> None:
    assert StackState.load(tmp_path, "scenario", "local") is None


def test_the_view_counts_only_resources_of_the_cloud(deployed: Scenario) -> None:
    deployed.up(
        """
        p = Provider("p", "east")
        c = pulumi.ComponentResource("tests:index:C", "c")
        Thing("a", size=1, opts=Options(provider=p, parent=c))
        Thing("b")
        """
    )
    state = deployed.state()
    assert state.resource_count == 2
    assert len(state.resources) == 6
    assert state.pending_operations == ()
    assert abs(datetime.now(UTC) - state.last_modified) < timedelta(minutes=1)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_truncated_state_names_the_file_and_the_cure(deployed: Scenario, kept: int) -> None:
    whole = deployed.state_file.read_bytes()
    deployed.up()
    deployed.state_file.write_bytes(whole[:kept])
    with pytest.raises(StateError, match="truncated or damaged") as caught:
        deployed.up()
    backup = deployed.state_file.with_name("local.json.bak")
    assert str(deployed.state_file) in str(caught.value)
    assert f"Copy {backup}" in str(caught.value)
    with pytest.raises(StateError):
        StackState.load(deployed.backend, "scenario", "local")
    deployed.state_file.write_bytes(backup.read_bytes())
    assert deployed.up().result.changes == 0


def test_a_state_with_senseless_contents_is_damaged(deployed: Scenario) -> None:
    document = json.loads(deployed.state_file.read_text())
    del document["checkpoint"]["latest"]["resources"][0]["urn"]
    deployed.state_file.write_text(json.dumps(document))
    with pytest.raises(StateError, match="is damaged"):
        deployed.up()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "has version 2"),
        ({"checkpoint": {"latest": {"secrets_providers": {"type": "cloud"}}}}, "'cloud'"),
    ],
)
def test_state_of_another_kind_is_refused(
    deployed: Scenario, change: dict[str, object], message: str
) -> None:
    document = json.loads(deployed.state_file.read_text()) | change
    deployed.state_file.write_text(json.dumps(document))
    with pytest.raises(StateError, match=message):
        deployed.up()


def test_a_living_lock_refuses_at_once_and_says_whose_it_is(deployed: Scenario) -> None:
    lock = _lock(deployed)
    with pytest.raises(LockedError, match=f"process {os.getpid()} of someone on .* since"):
        deployed.up()
    with pytest.raises(LockedError):
        deployed.destroy()
    assert lock.exists()
    assert deployed.preview().result.ok


def test_the_lock_of_a_dead_process_is_taken_over_with_a_notice(deployed: Scenario) -> None:
    lock = _lock(deployed, pid=_dead_pid())
    run = deployed.up()
    assert run.result.ok
    assert any("took over the lock" in line for line in run.lines())
    assert not lock.exists()


def test_a_dead_process_that_nobody_collected_holds_no_lock(deployed: Scenario) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        _lock(deployed, pid=process.pid)
        assert deployed.up().result.ok


def test_a_process_id_in_use_again_does_not_keep_a_lock_alive(deployed: Scenario) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    _lock(deployed, timestamp=long_ago.isoformat())
    assert deployed.up().result.ok


def test_a_lock_of_another_host_is_respected(deployed: Scenario) -> None:
    lock = _lock(deployed, hostname="elsewhere", pid=_dead_pid())
    with pytest.raises(LockedError, match="elsewhere") as caught:
        deployed.up()
    assert f"remove {lock}" in str(caught.value)


def test_an_unreadable_lock_is_named(deployed: Scenario) -> None:
    lock = _lock(deployed)
    lock.write_text("{")
    with pytest.raises(LockedError, match="unreadable lock"):
        deployed.up()


def test_a_run_leaves_no_lock_behind(deployed: Scenario) -> None:
    with pytest.raises(StateError):
        deployed.state_file.write_text("")
        deployed.up()
    assert list((deployed.backend / ".pulumi" / "locks").rglob("*.json")) == []


def test_one_stack_object_does_one_thing_at_a_time(deployed: Scenario) -> None:
    hold = deployed.cloud.hold("create", "b")
    deployed.write('Thing("b")')
    stack = deployed.stack()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(stack.up, lambda event: None)
        assert hold.arrived.wait(20)
        with pytest.raises(EngineError, match="running already"):
            stack.preview(lambda event: None)
        hold.released.set()
        assert running.result().ok


def test_five_stacks_deploy_side_by_side(scenario: Scenario) -> None:
    stacks = [
        Scenario(
            scenario.folder, scenario.cloud, scenario.address, scenario.launcher, project=f"p{n}"
        )
        for n in range(5)
    ]
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda stack: stack.up(PROGRAM), stacks))
    assert all(run.result.ok for run in runs), [run.result.errors for run in runs]
    assert len(scenario.cloud.things) == 5
