"""The second Ctrl-C, on a real process with a real child."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from deploy.abandon import what_may_be_left
from deploy.events import Operation, Phase, ResourceEvent

_STUBBORN = """
import subprocess, sys, threading
from deploy.abandon import abandon
from deploy.interrupts import on_interrupt

def start():
    idle = [sys.executable, "-c", "import time; time.sleep(600)"]
    return subprocess.Popen(idle, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

child, spared = start(), start()
busy = threading.Thread(target=threading.Event().wait)  # what a hanging operation is like
busy.start()
asked = threading.Event()
with on_interrupt(asked.set, lambda: abandon(lambda: "what is left", lambda: spared.pid)):
    print(child.pid, spared.pid, flush=True)
    asked.wait()
    print("asked", flush=True)
    busy.join()
"""


def test_the_second_interrupt_ends_the_process_and_what_it_started_at_once() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STUBBORN],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        child, spared = map(int, process.stdout.readline().split())
        try:
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "asked\n"
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=20)

            assert process.returncode == 130
            assert "Ctrl-C again stops at once" in told
            assert "what is left" in told
            assert _has_ended(child)
            assert psutil.Process(spared).status() != psutil.STATUS_ZOMBIE
        finally:
            os.kill(spared, signal.SIGKILL)


def _has_ended(pid: int) -> bool:
    """Return whether a process that was killed ends soon; a zombie has ended."""
    try:
        psutil.Process(pid).wait(timeout=10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_what_may_be_left_names_each_operation_and_the_way_on() -> None:
    event = ResourceEvent("urn", "aws:rds/cluster:Cluster", "main", Operation.CREATE, Phase.STARTED)

    told = what_may_be_left({"data": [event]}, "invoke deploy-all --resume")

    assert "data: may be half done: create main (aws:rds/cluster:Cluster)" in told
    assert "next: invoke deploy-all --resume" in told


def test_nothing_under_way_is_said_so_by_naming_nothing() -> None:
    assert "half done" not in what_may_be_left({}, "invoke deploy-all --resume")
