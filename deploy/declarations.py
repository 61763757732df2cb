"""Finds a circle among the layers' contracts from their source, where importing them fails.

Contracts name each other as classes, so two that consume each other cannot both be imported:
Python says so in terms of modules. This says it in terms of layers. It must work when
`shared.contracts` does not, so it imports nothing that imports it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from deploy.graph import CycleError, Graph

CONTRACTS = Path(__file__).resolve().parent.parent / "shared" / "contracts"


def circle(folder: Path = CONTRACTS) -> str | None:
    """Return the circle that the contracts declare, such as ``data → edge → data``, if any."""
    found = {
        node.name: _declared(node)
        for file in sorted(folder.glob("*.py"))
        for node in _classes(file)
    }
    layers = {name: layer for name, (layer, _) in found.items() if layer}
    graph = Graph(
        {
            layer: frozenset(layers[other] for other in found[name][1] if other in layers)
            for name, layer in layers.items()
        }
    )
    try:
        graph.order()
    except CycleError as error:
        return " → ".join(error.path)
    return None


def _classes(file: Path) -> Iterator[ast.ClassDef]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _declared(node: ast.ClassDef) -> tuple[str, list[str]]:
    """Return a contract's layer (empty for other classes) and the classes that it consumes."""
    layer, consumes = "", []
    for keyword in node.keywords:
        if keyword.arg == "layer" and isinstance(keyword.value, ast.Constant):
            layer = str(keyword.value.value)
        if keyword.arg == "consumes":
            consumes = [each.id for each in ast.walk(keyword.value) if isinstance(each, ast.Name)]
    return layer, consumes
