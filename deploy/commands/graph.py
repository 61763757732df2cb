"""`invoke graph`: which layer needs which."""

from collections.abc import Callable

from deploy.commands.options import Options
from deploy.commands.selecting import known_graph, selected
from deploy.errors import UsageError
from deploy.graph import Graph
from deploy.graph_view import as_json, as_mermaid, as_text
from deploy.layers import check_environment
from deploy.owners import owners_of

FORMATS = ("text", "mermaid", "json")


def graph(options: Options) -> int:
    """Print the graph of the selected layers; return 0. Raises UsageError."""
    wanted = options.format or FORMATS[0]
    renderers: dict[str, Callable[[Graph], str]] = dict(
        zip(FORMATS, (as_text, as_mermaid, _with_owners), strict=True)
    )
    if wanted not in renderers:
        raise UsageError(f"unknown format: {wanted}\nvalid formats: {', '.join(FORMATS)}")
    check_environment(options.environment)
    layers = known_graph()
    print(renderers[wanted](layers.subset(selected(layers, options).layers)))
    return 0


def _with_owners(layers: Graph) -> str:
    return as_json(layers, {layer: owners_of(f"stacks/{layer}/") for layer in layers.nodes})
