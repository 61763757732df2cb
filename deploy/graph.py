"""A directed graph of layers: order, reachability, cycles. Knows nothing of Pulumi.

An edge points from a layer to one that it depends on. Ties in every order are broken by the
order in which layers were declared, so that the same graph always prints and runs the same way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class CycleError(ValueError):
    """Layers depend on each other in a circle; `path` starts and ends with the same layer."""

    def __init__(self, path: list[str]) -> None:
        super().__init__("layers depend on each other in a circle: " + " → ".join(path))
        self.path = path


class UnknownNodeError(ValueError):
    """A layer is named, or depended upon, that the graph does not have."""


@dataclass(frozen=True)
class Graph:
    """Layers and what each one depends on, directly."""

    edges: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, dependencies: Mapping[str, Iterable[str]]) -> "Graph":
        """Build a graph; raises UnknownNodeError or CycleError when it isn't a valid one."""
        graph = cls({node: frozenset(upstream) for node, upstream in dependencies.items()})
        for node, upstream in graph.edges.items():
            for name in upstream - graph.edges.keys():
                raise UnknownNodeError(f"{node} depends on {name}, which does not exist")
        graph.order()
        return graph

    @property
    def nodes(self) -> tuple[str, ...]:
        """All layers in the order of their declaration."""
        return tuple(self.edges)

    def order(self) -> list[str]:
        """Return every layer after all that it depends on. Raises CycleError."""
        ordered: list[str] = []
        path: list[str] = []

        def visit(node: str) -> None:
            if node in ordered:
                return
            if node in path:
                raise CycleError([*path[path.index(node) :], node])
            path.append(node)
            for upstream in self._declared(self.edges[node]):
                visit(upstream)
            path.pop()
            ordered.append(node)

        for node in self.edges:
            visit(node)
        return ordered

    def dependencies(self, nodes: Iterable[str]) -> set[str]:
        """Return every layer that `nodes` need, directly or not, without `nodes` themselves."""
        return self._reach(nodes, self.edges)

    def dependents(self, nodes: Iterable[str]) -> set[str]:
        """Return every layer that needs one of `nodes`, directly or not, without `nodes`."""
        return self._reach(nodes, self.reversed().edges)

    def reversed(self) -> "Graph":
        """Return the graph with each edge turned round: what must go first when destroying."""
        return Graph(
            {
                node: frozenset(other for other in self.edges if node in self.edges[other])
                for node in self.edges
            }
        )

    def subset(self, nodes: Iterable[str]) -> "Graph":
        """Return the graph of these layers alone; a path through others becomes a direct edge."""
        kept = set(nodes)
        return Graph(
            {
                node: frozenset(self.dependencies([node]) & kept)
                for node in self.edges
                if node in kept
            }
        )

    def _declared(self, nodes: Iterable[str]) -> list[str]:
        wanted = set(nodes)
        return [node for node in self.edges if node in wanted]

    @staticmethod
    def _reach(nodes: Iterable[str], edges: Mapping[str, frozenset[str]]) -> set[str]:
        start = set(nodes)
        found: set[str] = set()
        pending = list(start)
        while pending:
            fresh = edges[pending.pop()] - found
            found |= fresh
            pending.extend(fresh)
        return found - start
