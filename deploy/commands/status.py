"""`invoke status`: what is deployed where, since when, by whom, and what waits to be deployed."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.commands.console import make_console, say
from deploy.commands.options import Options
from deploy.commands.selecting import known_graph, selected
from deploy.errors import UsageError
from deploy.graph import Graph
from deploy.inputs import LayerInputs
from deploy.provenance import Pending, outputs_digests, pending
from deploy.recorded import Recorded
from deploy.records import Record, Records
from deploy.target import Target, choose
from deploy.workspaces import LaptopWorkspace, Workspace, open_workspace

VERSION = 1
FORMATS = ("text", "json")


@dataclass(frozen=True)
class LayerStatus:
    """One layer, as it is recorded and compared with its inputs."""

    layer: str
    state: str
    resources: int
    changed: str
    record: Record | None
    pending: Pending | None

    @property
    def commit(self) -> str:
        """The commit that the layer was deployed from; ``+`` marks uncommitted changes."""
        if self.record is None or not self.record.commit:
            return ""
        return self.record.commit[:10] + ("+" if self.record.dirty else "")

    def document(self) -> dict[str, Any]:
        """Return the layer's status as JSON."""
        known = self.record
        return {
            "layer": self.layer,
            "state": self.state,
            "resources": self.resources,
            "last_change": self.changed,
            "deployed_by": known.user if known else None,
            "commit": known.commit if known else None,
            "dirty": known.dirty if known else None,
            "engine": known.engine if known else None,
            "last_run": {"verb": known.verb, "outcome": known.outcome} if known else None,
            "pending": asdict(self.pending) if self.pending is not None else None,
        }


def status(options: Options) -> int:
    """Print where the environment is and what each selected layer is like; return 0."""
    if options.format not in (None, *FORMATS):
        raise UsageError(f"unknown format: {options.format}\nvalid formats: {', '.join(FORMATS)}")
    graph = known_graph()
    layers = selected(graph, options).layers
    target = choose(options.environment, options.engine)
    console = make_console()
    with open_workspace(target, environ=options.environ) as workspace:
        recorded = workspace.recorded()
        place = _place(workspace)
    found = _statuses(graph, target, recorded)
    chosen = [found[layer] for layer in layers]
    if options.format == "json":
        layers_json = [each.document() for each in chosen]
        document = {"version": VERSION, "environment": target.name, "where": place}
        print(json.dumps(document | {"layers": layers_json}, indent=2))
        return 0
    say(console, f"{target.name}: {place}")
    _print_table(console, graph, chosen)
    return 0


def _place(workspace: Workspace) -> str:
    target = workspace.target
    if not isinstance(workspace, LaptopWorkspace):
        region = target.settings.cli.aws_region
        return f"AWS {region}, state in {target.settings.cli.backend_url}"
    info = workspace.environment.cloud.info()
    if info is None:
        return "laptop cloud: not running (invoke deploy-all starts it)"
    return f"laptop cloud: running at {info.endpoint_url} since {info.started_at} (pid {info.pid})"


def _statuses(graph: Graph, target: Target, recorded: Recorded) -> Mapping[str, LayerStatus]:
    records, inputs = Records(target.home), LayerInputs(target.name)
    deployed, complete = recorded.deployed(), recorded.complete()
    outputs = {layer: state.outputs for layer, state in recorded.states.items()}
    found = {}
    for layer in graph.order():
        if layer not in deployed:
            found[layer] = LayerStatus(layer, "not deployed", 0, "", None, None)
            continue
        state, record = recorded.states[layer], records.of(layer)
        digests = outputs_digests(outputs, graph.edges[layer])
        found[layer] = LayerStatus(
            layer,
            "deployed" if layer in complete else "incomplete",
            deployed[layer],
            state.last_modified.astimezone().isoformat(sep=" ", timespec="seconds"),
            record,
            pending(record, inputs.digests(layer), digests, state),
        )
    return found


def _print_table(console: Console, graph: Graph, layers: list[LayerStatus]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("layer", "state", "resources", "last change", "commit", "by", "needs"):
        table.add_column(header, justify="right" if header == "resources" else "left")
    table.add_column("changes pending", overflow="fold")
    for each in layers:
        needs = ", ".join(x for x in graph.order() if x in graph.edges[each.layer])
        table.add_row(
            each.layer,
            each.state,
            str(each.resources) if each.changed else "",
            each.changed,
            each.commit,
            each.record.user if each.record else "",
            needs,
            str(each.pending) if each.pending is not None else "",
        )
    console.print(table)
