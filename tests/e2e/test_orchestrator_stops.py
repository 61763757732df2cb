"""Runs that are stopped, killed, or meet another one."""

import os
import signal
import subprocess
from collections.abc import Callable

import pytest

from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def empty(make_checkout: Callable[[str], Checkout]) -> Checkout:
    """A checkout whose laptop cloud runs, and where every test begins with nothing deployed."""
    checkout = make_checkout("stopped")
    assert (previewed := checkout.invoke("preview", "network")).status == 0, previewed.output
    return checkout


def _read_until(process: "subprocess.Popen[str]", text: str) -> str:
    """Read the output of a process until a line has a text."""
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if text in line:
            return output
    raise AssertionError(f"{text!r} was never printed:\n{output}")


def _rest(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def test_a_second_run_is_refused_and_the_lock_of_a_killed_one_is_taken_over(
    empty: Checkout,
) -> None:
    first = empty.start("deploy", "network")
    _read_until(first, " + ")
    os.kill(first.pid, signal.SIGSTOP)  # however fast it is, it is still at work below

    refused = empty.invoke("deploy", "network")
    os.kill(first.pid, signal.SIGKILL)
    status, _ = _rest(first)
    after = empty.invoke("deploy", "network")

    assert refused.status == 2, refused.output
    assert "another command is changing this environment: invoke deploy" in refused.output
    assert f"process {first.pid} of " in refused.output
    assert " since 20" in refused.output
    assert status == -signal.SIGKILL
    assert after.status == 0, after.output
    assert "notice: took over the lock of a command that died: invoke deploy" in after.output
    assert f"process {first.pid}" in after.output

    destroyed = empty.invoke("destroy", "network", "--yes", "--keep-cloud")

    assert destroyed.status == 0, destroyed.output


def test_two_interrupts_stop_at_once_and_the_next_run_completes(empty: Checkout) -> None:
    process = empty.start("deploy", "network")
    begun = _read_until(process, " + ")
    process.send_signal(signal.SIGINT)
    begun += _read_until(process, "interrupted: finishing what is under way")
    process.send_signal(signal.SIGINT)
    status, rest = _rest(process)

    assert status == 130, begun + rest
    assert "stopped at once: running operations were not waited for" in rest
    assert "next: invoke deploy network --resume" in rest

    resumed = empty.invoke("deploy", "network", "--resume")

    assert resumed.status == 0, resumed.output
    destroyed = empty.invoke("destroy", "network", "--yes", "--keep-cloud")
    assert destroyed.status == 0, destroyed.output
