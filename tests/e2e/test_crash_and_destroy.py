"""A killed deployment is completed by the next one; destroying leaves nothing.

What is left is read off the cloud, not off the state: a resource that was made twice, or whose
creation was lost, shows as something that destroy-all did not know of.
"""

import os
import re
import signal
from collections.abc import Callable

import pytest

from tests.e2e.inventory import leftovers
from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign


def _kill_after(checkout: Checkout, created: int) -> int:
    """Start deploy-all and kill it, with all its helpers, after that many creations."""
    process = checkout.start("deploy-all")
    assert process.stdout is not None
    seen = 0
    for line in process.stdout:
        seen += " + " in line
        if seen >= created:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait(timeout=10)
    return seen


def _interrupt_after(checkout: Checkout, created: int) -> tuple[int, str]:
    """Start deploy-all, press Ctrl-C once after that many creations, and let it end."""
    process = checkout.start("deploy-all")
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if output.count(" + ") == created and " + " in line:
            process.send_signal(signal.SIGINT)
    process.stdout.close()
    return process.wait(timeout=60), output


@pytest.fixture(scope="module")
def survivor(make_checkout: Callable[[str], Checkout]) -> Checkout:
    """Deploy with three ends on the way: a gentle one, and two violent ones."""
    checkout = make_checkout("survivor")
    status, output = _interrupt_after(checkout, 5)
    assert status == 130, output
    assert "interrupted: running operations were finished and recorded" in output
    assert re.search(r"^network +incomplete", checkout.invoke("status").output, re.MULTILINE)
    assert _kill_after(checkout, 25) == 25
    assert _kill_after(checkout, 90) == 90
    finished = checkout.invoke("deploy-all")
    assert finished.status == 0, finished.output
    return checkout


def test_the_next_run_completes_and_destroying_leaves_nothing(survivor: Checkout) -> None:
    status = survivor.invoke("status")
    assert status.output.count(" deployed ") == 5, status.output
    clients = survivor.clients()
    before = leftovers(clients)
    assert len(before["vpcs"]) == 2
    assert len(before["subnets"]) == 18
    assert len(before["clusters"]) == 2
    assert len(before["instances"]) == 4

    destroyed = survivor.invoke("destroy-all", "--yes", "--keep-cloud")

    assert destroyed.status == 0, destroyed.output
    order = [destroyed.output.index(f"✓ {layer} succeeded") for layer in ("observability", "data")]
    assert order == sorted(order)
    assert leftovers(clients) == {}

    survivor.invoke("destroy-all", "--yes")

    assert survivor.processes() == []
