"""One stack on the real CLI: what is left behind, locks, cancelling, drift."""

import json
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from deploy.engines.cli import CliEngine, CliStack
from deploy.engines.drift import PropertyDrift
from deploy.engines.embedded import LockedError
from deploy.environments import EngineSettings
from deploy.errors import EngineError
from deploy.events import Diagnostic, Event, Operation, Phase, ResourceEvent
from tests.conformance.workplace import STACK, Workplace
from tests.deploy.engines.embedded.scenario import wait_until

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.pulumi,
    pytest.mark.skipif(
        shutil.which("pulumi") is None,
        reason="no Pulumi CLI on PATH; get one with: curl -fsSL https://get.pulumi.com | sh",
    ),
]
PROJECT = "stack"
TWO = 'a = Thing("a", size=1)\nThing("b", uses=a.id)\npulumi.export("s", pulumi.Output.secret("x"))'
DEAD_PID = 2**22 + 1
"""More than Linux ever gives to a process (proc(5), pid_max)."""


@pytest.fixture
def stack(place: Workplace, pulumi_home: Path) -> CliStack:
    """The stack of a project with two things."""
    place.write(PROJECT, TWO)
    opened = place.pulumi(pulumi_home, PROJECT)
    assert isinstance(opened, CliStack)
    return opened


def ignore(event: Event) -> None:
    """Hear nothing."""


def lock(place: Workplace, pid: int, host: str) -> Path:
    """Write the lock of another run."""
    folder = place.backend / ".pulumi" / "locks" / "organization" / PROJECT / STACK
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "0b7b2c1e-0000-4000-8000-000000000000.json"
    file.write_text(lock_content(pid, host))
    return file


def lock_content(pid: int, host: str) -> str:
    """Return what a lock's file says."""
    content = {"pid": pid, "username": "jo", "hostname": host, "timestamp": "2026-01-02T03:04:05Z"}
    return json.dumps(content)


def test_a_preview_of_a_new_stack_leaves_nothing_behind(place: Workplace, stack: CliStack) -> None:
    settings = place.project(PROJECT) / f"Pulumi.{STACK}.yaml"
    before = settings.read_text()
    result = stack.preview(ignore)
    assert result.ok, result.errors
    assert result.counts == {Operation.CREATE: 2}
    assert result.outputs == {"s": "[secret]"}
    assert result.secret_outputs == {"s"}
    assert stack.state() is None
    assert place.cloud.things == {}
    assert settings.read_text() == before
    assert stack.preview(ignore, destroying=True).counts == {}


def test_deployed_looked_at_and_destroyed(place: Workplace, stack: CliStack) -> None:
    assert stack.up(ignore).outputs == {"s": "x"}
    state = stack.state()
    assert state is not None
    assert state.resource_count == 2
    assert state.secret_output_names == {"s"}

    (a,) = [t for t in place.cloud.things.values() if t.inputs.get("size") == 1]
    (b,) = [t for t in place.cloud.things.values() if t is not a]
    a.inputs["size"] = 7
    del place.cloud.things[b.id]
    events: list[Event] = []
    drift = stack.drift(events.append)
    assert drift.ok
    found = {each.name: (each.missing, each.properties) for each in drift.resources}
    assert found == {"a": (False, (PropertyDrift("size", 1, 7),)), "b": (True, ())}
    assert len(events) == 2

    assert stack.preview(ignore, destroying=True).counts == {Operation.DELETE: 2}
    assert stack.destroy(ignore).counts == {Operation.DELETE: 2}
    assert place.cloud.things == {}
    assert stack.state() is None
    assert (place.project(PROJECT) / f"Pulumi.{STACK}.yaml").exists()


def test_state_may_be_kept_in_a_bucket(
    place: Workplace, pulumi_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On S3 too the lock of a dead run is taken over, and that of another one is respected."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = "http://{}:{}".format(*server.get_host_and_port())
        bucket: Any = boto3.resource("s3", endpoint_url=endpoint, region_name="eu-west-1")
        bucket = bucket.Bucket("states")
        bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        url = f"s3://states?endpoint={endpoint}&s3ForcePathStyle=true&region=eu-west-1"
        settings = EngineSettings(url, passphrase="", aws_region="eu-west-1", home=pulumi_home)
        place.write(PROJECT, TWO)

        def opened() -> CliStack:
            return CliEngine(
                STACK, settings=settings, environ=place.environ, folder_of=place.project
            ).stack(PROJECT)

        assert opened().state() is None
        assert opened().up(ignore).outputs == {"s": "x"}
        key = f".pulumi/locks/organization/{PROJECT}/{STACK}/0b7b2c1e.json"
        bucket.put_object(Key=key, Body=lock_content(DEAD_PID, socket.gethostname()))
        events: list[Event] = []
        assert opened().up(events.append).counts == {Operation.SAME: 2}
        assert any("took over the lock" in e.message for e in events if isinstance(e, Diagnostic))
        bucket.put_object(Key=key, Body=lock_content(41, "build-7"))
        with pytest.raises(LockedError, match="process 41 of jo on build-7"):
            opened().destroy(ignore)
        bucket.Object(key).delete()
        state = opened().state()
        assert state is not None
        assert state.outputs == {"s": "x"}
        assert opened().destroy(ignore).ok
        assert opened().state() is None
    finally:
        server.stop()
    assert place.cloud.things == {}


def test_another_runs_lock_refuses_and_says_whose_it_is(place: Workplace, stack: CliStack) -> None:
    lock(place, 41, "build-7")
    with pytest.raises(LockedError, match="process 41 of jo on build-7 since 2026-01-02T03:04:05Z"):
        stack.up(ignore)
    assert place.cloud.things == {}


def test_a_dead_runs_lock_is_taken_over_with_a_notice(place: Workplace, stack: CliStack) -> None:
    file = lock(place, DEAD_PID, socket.gethostname())
    events: list[Event] = []
    assert stack.up(events.append).ok
    notices = [each.message for each in events if isinstance(each, Diagnostic)]
    assert any(f"took over the lock of a run that died: process {DEAD_PID}" in n for n in notices)
    assert not file.exists()
    assert len(place.cloud.things) == 2


def test_a_cancelled_run_finishes_what_runs_and_starts_no_more(
    place: Workplace, stack: CliStack
) -> None:
    hold = place.cloud.hold("create", "a")
    events: list[Event] = []
    with ThreadPoolExecutor() as pool:
        running = pool.submit(stack.up, events.append)
        assert hold.arrived.wait(60)
        stack.cancel()
        wait_until(lambda: _heard_of_cancelling(place), 20)
        hold.released.set()
        result = running.result()
    assert (result.cancelled, result.errors) == (True, ())
    assert [t.inputs.get("size") for t in place.cloud.things.values()] == [1]
    state = stack.state()
    assert state is not None
    assert (state.resource_count, state.pending_operations) == (1, ())
    ends = [(e.name, e.phase) for e in events if isinstance(e, ResourceEvent)]
    assert ends == [("a", Phase.STARTED), ("a", Phase.FINISHED)]
    assert list((place.backend / ".pulumi" / "locks").rglob("*.json")) == []
    again = stack.up(ignore)
    assert again.cancelled
    assert len(place.cloud.things) == 1


def _heard_of_cancelling(place: Workplace) -> bool:
    return ("cancel", "") in place.cloud.calls


def test_what_the_cli_cannot_begin_with_is_an_engine_error(
    place: Workplace, stack: CliStack
) -> None:
    project = place.project(PROJECT) / "Pulumi.yaml"
    project.write_text(project.read_text() + "config:\n  size:\n    type: integer\n")
    with pytest.raises(EngineError, match="size"):
        stack.up(ignore)
