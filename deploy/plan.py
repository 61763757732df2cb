"""What a command is about to do, as data: the same plan is printed, checked and executed."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

from deploy.errors import UsageError
from deploy.graph import Graph


class Verb(StrEnum):
    """What is done to a layer."""

    DEPLOY = "deploy"
    DESTROY = "destroy"
    DRIFT = "drift"


@dataclass(frozen=True)
class Step:
    """One layer's part in a plan. `resources` is how many it has in the cloud before.

    `placeholders` are the layers that it reads and that are not deployed yet: only a preview can
    carry out such a step before those of the plan that deploy them.
    """

    layer: str
    verb: Verb
    waits_for: frozenset[str]
    resources: int
    placeholders: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Plan:
    """Steps in an order in which each comes after all that it waits for."""

    verb: Verb
    environment: str
    steps: tuple[Step, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the plan, in order."""
        return tuple(step.layer for step in self.steps)


def plan_deploy(
    graph: Graph,
    layers: Iterable[str],
    environment: str,
    deployed: Mapping[str, int],
    complete: AbstractSet[str] | None = None,
    *,
    faults: Mapping[str, str] = {},
    on_placeholders: bool = False,
) -> Plan:
    """Plan to deploy `layers`.

    `deployed` has the resource count of each layer that exists, `complete` the layers that others
    can build upon (None: all that exist), `faults` what is wrong with those that exist and are
    not complete. Raises UsageError when a layer would be deployed on top of one that neither is
    complete nor part of the plan, unless `on_placeholders`: that plan is good for a preview only.
    """
    wanted = set(layers)
    usable = set(deployed.keys() if complete is None else complete)
    missing = [
        layer
        for layer in graph.order()
        if layer in graph.dependencies(wanted) and layer not in usable
    ]
    if missing and not on_placeholders:
        known = "".join(f"{layer}: {faults[layer]}\n" for layer in missing if layer in faults)
        raise UsageError(
            f"{_listed(graph, wanted)} cannot be deployed: "
            f"{', '.join(missing)} must be deployed first\n{known}"
            f"next: invoke deploy {' '.join(_ordered(graph, wanted | set(missing)))}"
        )
    unusable = {layer: graph.edges[layer] - usable for layer in wanted}
    return _plan(Verb.DEPLOY, graph.subset(wanted), environment, deployed, unusable)


def plan_destroy(
    graph: Graph, layers: Iterable[str], environment: str, deployed: Mapping[str, int]
) -> Plan:
    """Plan to destroy those of `layers` that exist, dependents first.

    Raises UsageError when a layer outside the plan still depends on one of them.
    """
    wanted = set(layers)
    holding = graph.dependents(wanted) & deployed.keys()
    if holding:
        in_order = [*reversed(_ordered(graph, holding)), *reversed(_ordered(graph, wanted))]
        raise UsageError(
            f"{_listed(graph, wanted)} cannot be destroyed: "
            f"{_listed(graph, holding)} depend{'s' if len(holding) == 1 else ''} on "
            f"{'it' if len(wanted) == 1 else 'them'}\n"
            f"next: invoke destroy {' '.join(in_order)}   (destroys them in this order)"
        )
    existing = graph.subset(wanted & deployed.keys())
    return _plan(Verb.DESTROY, existing.reversed(), environment, deployed)


def plan_drift(
    graph: Graph, layers: Iterable[str], environment: str, deployed: Mapping[str, int]
) -> Plan:
    """Plan to compare those of `layers` that exist with the cloud; none waits for another."""
    alone = Graph({layer: frozenset() for layer in _ordered(graph, set(layers) & deployed.keys())})
    return _plan(Verb.DRIFT, alone, environment, deployed)


def without(plan: Plan, done: AbstractSet[str]) -> Plan:
    """Return the plan without the layers that are done already; nothing waits for them."""
    return replace(
        plan,
        steps=tuple(
            replace(step, waits_for=step.waits_for - done)
            for step in plan.steps
            if step.layer not in done
        ),
    )


def _plan(
    verb: Verb,
    graph: Graph,
    environment: str,
    deployed: Mapping[str, int],
    placeholders: Mapping[str, frozenset[str]] = {},
) -> Plan:
    return Plan(
        verb=verb,
        environment=environment,
        steps=tuple(
            Step(
                layer,
                verb,
                graph.edges[layer],
                deployed.get(layer, 0),
                placeholders.get(layer, frozenset()),
            )
            for layer in graph.order()
        ),
    )


def _ordered(graph: Graph, layers: set[str]) -> list[str]:
    return [layer for layer in graph.order() if layer in layers]


def _listed(graph: Graph, layers: set[str]) -> str:
    return ", ".join(_ordered(graph, layers))
