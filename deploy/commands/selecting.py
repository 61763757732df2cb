"""From what was typed to the layers to work on, for every command on layers."""

from collections.abc import Callable

from deploy.commands.options import Options
from deploy.errors import UsageError
from deploy.graph import CycleError, Graph, UnknownNodeError
from deploy.layers import layer_graph
from deploy.selection import Selection, select


def known_graph() -> Graph:
    """Return the graph of the layers. Raises UsageError when the contracts do not make one."""
    try:
        return layer_graph()
    except (CycleError, UnknownNodeError) as error:
        raise UsageError(
            f"{error}\nnext: correct consumes=(…) of these layers in shared/contracts/"
        ) from error


def selected(graph: Graph, options: Options) -> Selection:
    """Return the layers that were asked for, and why each. Raises UsageError."""
    wanted = options.wanted
    if wanted.affected_by is None:
        return select(graph, wanted)
    from deploy.affected import affected_since, reasons

    changes = affected_since(graph.order(), wanted.affected_by, options.environment)
    return select(graph, wanted, reasons(changes))


def tell(selection: Selection, options: Options, say: Callable[[str], None]) -> None:
    """Print why each layer was selected, where the words that were typed don't say it."""
    wanted = options.wanted
    if not (wanted.with_dependencies or wanted.with_dependents or wanted.affected_by):
        return
    if not selection.layers:
        say(f"no layer is affected by what changed since {wanted.affected_by}")
    width = max((len(layer) for layer in selection.layers), default=0)
    for layer, reason in selection.reasons.items():
        say(f"selected {layer:{width}}  {reason}")
