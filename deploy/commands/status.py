"""`invoke status`: what is deployed where."""

from rich.console import Console
from rich.table import Table

from deploy.layers import check_environment, layer_graph
from deploy.local import LocalEnvironment, is_complete


def status(environment: str) -> int:
    """Print the laptop cloud's state and each layer's; always returns 0."""
    local = LocalEnvironment(check_environment(environment))
    console = Console()
    info = local.cloud.info()
    if info is None:
        console.print("laptop cloud: not running (invoke deploy-all starts it)")
        return 0
    console.print(
        f"laptop cloud: running at {info.endpoint_url} since {info.started_at} (pid {info.pid})",
        highlight=False,
        soft_wrap=True,
    )
    console.print(_layers_table(local))
    return 0


def _layers_table(local: LocalEnvironment) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer")
    table.add_column("state")
    table.add_column("resources", justify="right")
    table.add_column("last change")
    table.add_column("needs")
    states, graph = local.states(), layer_graph()
    for layer in graph.order():
        needs = ", ".join(x for x in graph.order() if x in graph.edges[layer])
        state = states.get(layer)
        if state is None:
            table.add_row(layer, "not deployed", "", "", needs)
            continue
        label = "deployed" if is_complete(layer, state) else "incomplete"
        changed = state.last_modified.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(layer, label, str(state.resource_count), changed, needs)
    return table
