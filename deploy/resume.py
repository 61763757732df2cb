"""Which layers of a plan are done already, for a run that continues one that was cut short."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from deploy.plan import Plan
from deploy.provenance import Pending


def done_layers(
    plan: Plan, complete: AbstractSet[str], pending: Mapping[str, Pending]
) -> frozenset[str]:
    """Return the layers of a plan to deploy that need not run again.

    A layer is done when it is complete, its last run succeeded, nothing that it is made from has
    changed since, and all that it waits for is done too: what runs again may give other outputs.
    """
    done: set[str] = set()
    for step in plan.steps:
        if step.layer in complete and not pending[step.layer] and step.waits_for <= done:
            done.add(step.layer)
    return frozenset(done)
