"""A killed deployment is completed by the next one; destroying leaves nothing.

What is left is read off the cloud, not off the state: a resource that was made twice, or whose
creation was lost, shows as something that destroy-all did not know of.
"""

import os
import signal
from collections.abc import Callable

import pytest

from tests.e2e.inventory import leftovers
from tooling.checkout import Checkout


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


@pytest.fixture(scope="module")
def survivor(make_checkout: Callable[[str], Checkout]) -> Checkout:
    """Deploy with two violent ends on the way, in the first layer and in a later one."""
    checkout = make_checkout("survivor")
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

    destroyed = survivor.invoke("destroy-all", "--keep-cloud")

    assert destroyed.status == 0, destroyed.output
    order = [destroyed.output.index(f"✓ {layer} succeeded") for layer in ("observability", "data")]
    assert order == sorted(order)
    assert leftovers(clients) == {}

    survivor.invoke("destroy-all")

    assert survivor.processes() == []
