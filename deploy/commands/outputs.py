"""`invoke outputs`: what deployed layers offer to the others, and to people."""

import json
from typing import Any

from deploy.commands.flat_outputs import write_flat
from deploy.commands.options import Options
from deploy.commands.selecting import known_graph
from deploy.errors import UsageError
from deploy.layers import check_layers
from deploy.outputs import flatten, masked
from deploy.recorded import Recorded
from deploy.target import choose
from deploy.workspaces import open_workspace


def outputs(options: Options) -> int:
    """Print the flat outputs of all layers, those of one layer, or one value; return 0.

    The word is nothing, ``LAYER`` or ``LAYER.FIELD``. The flat file is written anew as well, with
    secrets masked whatever is printed. Raises UsageError for what is unknown or not deployed.
    """
    words = options.words or ()
    if len(words) > 1:
        raise UsageError(
            f"invoke outputs takes one word, not {len(words)}\n"
            f"next: invoke outputs {words[0]}.{words[1]}"
        )
    layer, _, name = (words[0] if words else "").partition(".")
    graph = known_graph()
    if layer:
        check_layers([layer], graph)
    target = choose(options.environment, options.engine)
    with open_workspace(target, environ=options.environ) as workspace:
        recorded = workspace.recorded()
    write_flat(recorded, target.name)
    print(_text(_wanted(recorded, layer, name, show_secrets=options.show_secrets)))
    return 0


def _wanted(recorded: Recorded, layer: str, name: str, *, show_secrets: bool) -> Any:
    shown = {
        deployed: dict(state.outputs)
        if show_secrets
        else masked(state.outputs, frozenset(state.secret_output_names))
        for deployed, state in recorded.states.items()
    }
    if not layer:
        return flatten(shown)
    if layer not in shown:
        raise UsageError(f"{layer} is not deployed\nnext: invoke deploy {layer}")
    if not name:
        return dict(sorted(shown[layer].items()))
    if name not in shown[layer]:
        known = ", ".join(sorted(shown[layer])) or "none"
        raise UsageError(f"{layer} has no output {name}\nits outputs: {known}")
    return shown[layer][name]


def _text(value: Any) -> str:
    """Return a text as it is, ready for a shell, and anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
