"""The graph of layers for reading: a text tree, Mermaid, JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence

from deploy.graph import Graph

VERSION = 1


def as_text(graph: Graph) -> str:
    """Return a tree in which each layer hangs under the last of those that it needs.

    A layer that needs several which do not need each other names them all.
    """
    children: dict[str | None, list[str]] = {}
    for layer in graph.order():
        last = _last_needed(graph, layer)
        children.setdefault(last[-1] if last else None, []).append(layer)

    def lines(parent: str | None, indent: str) -> Iterator[str]:
        below = children.get(parent, [])
        for layer in below:
            final = layer == below[-1]
            needed = _last_needed(graph, layer)
            note = f"  (after {' and '.join(needed)})" if len(needed) > 1 else ""
            branch = "" if parent is None else ("└── " if final else "├── ")
            yield f"{indent}{branch}{layer}{note}"
            deeper = "" if parent is None else ("    " if final else "│   ")
            yield from lines(layer, indent + deeper)

    return "\n".join(lines(None, ""))


def as_mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart: an arrow leads from a layer to one that reads its outputs.

    Arrows that others imply are left out. Source: Mermaid documentation, "Flowcharts".
    """
    lines = ["flowchart LR"]
    for layer in graph.order():
        needed = _last_needed(graph, layer)
        lines += [f"    {upstream} --> {layer}" for upstream in needed] or [f"    {layer}"]
    return "\n".join(lines)


def as_json(graph: Graph, owners: Mapping[str, Sequence[str]]) -> str:
    """Return the graph as JSON: layers in order, what each needs directly, and its owners."""
    document = {
        "version": VERSION,
        "layers": [
            {
                "layer": layer,
                "needs": [name for name in graph.order() if name in graph.edges[layer]],
                "needed_by": [n for n in graph.order() if n in graph.reversed().edges[layer]],
                "owners": list(owners.get(layer, ())),
            }
            for layer in graph.order()
        ],
    }
    return json.dumps(document, indent=2)


def _last_needed(graph: Graph, layer: str) -> list[str]:
    """Return what a layer needs directly, without what those need themselves."""
    needed = graph.edges[layer]
    implied = set[str]().union(*(graph.dependencies([name]) for name in needed))
    return [name for name in graph.order() if name in needed and name not in implied]
