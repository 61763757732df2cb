"""What a user reads before and after a run: the plan as a tree, the summary, the errors."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from deploy.engines.interface import DriftResult
from deploy.events import Operation, ResourceError
from deploy.junit import drift_lines
from deploy.layer_logs import LayerLogs
from deploy.plan import Plan, Step, Verb
from deploy.scheduler import Outcome, StepResult

_LOG_LINES = 20
_AS_VERB = {"drift": "be compared"}
_OUTCOME_STYLE = {
    Outcome.SUCCEEDED: "green",
    Outcome.FAILED: "red",
    Outcome.BLOCKED: "yellow",
    Outcome.CANCELLED: "yellow",
}


def plan_tree(plan: Plan, doing: str | None = None) -> Tree:
    """Return the plan as a tree in which each layer hangs under the last one that it waits for.

    `doing` names what is done with the plan, where that is not the plan's own verb.
    """
    tree = Tree(f"{doing or plan.verb} {plan.environment}")
    previewing = doing == "preview"
    branches: dict[str, Tree] = {}
    for step in plan.steps:
        parent = next((branches[x] for x in reversed(plan.layers) if x in step.waits_for), tree)
        branches[step.layer] = parent.add(_plan_line(plan, step, previewing=previewing))
    return tree


def _plan_line(plan: Plan, step: Step, *, previewing: bool) -> str:
    if step.verb is Verb.DESTROY:
        what = f"{step.resources} resources to destroy"
    elif step.verb is Verb.DRIFT:
        what = f"{step.resources} resources to compare"
    else:
        what = f"{step.resources} resources deployed" if step.resources else "new"
    last = _last_to_wait_for(plan, step)
    waits = f", after {' and '.join(last)}" if len(last) > 1 else ""
    stand_ins = sorted(step.placeholders) if previewing else []
    on = f", on placeholders of {' and '.join(stand_ins)}" if stand_ins else ""
    return f"{step.layer} ({what}{waits}{on})"


def _last_to_wait_for(plan: Plan, step: Step) -> list[str]:
    """Return what a step waits for, without what those wait for themselves."""
    waited = {s.layer: s.waits_for for s in plan.steps if s.layer in step.waits_for}
    implied = frozenset[str]().union(*waited.values())
    return [layer for layer in waited if layer not in implied]


def summary_table(
    results: Sequence[StepResult],
    present: Mapping[str, int],
    seconds: float,
    *,
    planned: bool = False,
) -> Table:
    """Return the table of resources, changes and seconds for each layer and in all.

    `present` has the number of resources that each layer has now; `seconds` is the whole
    command's time: layers run side by side, and starting takes time too. `planned` changes are
    those of a preview.
    """
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    table.add_column("layer", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    done = ("to create", "to update", "to replace", "to delete")
    done = done if planned else ("created", "updated", "replaced", "deleted")
    for header in ("resources", *done, "seconds"):
        table.add_column(header, justify="right")
    operations = (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE)
    totals = dict.fromkeys(operations, 0)
    resources = 0
    for result in results:
        counts = result.run.counts if result.run else {}
        resources += present.get(result.step.layer, 0)
        for operation in operations:
            totals[operation] += counts.get(operation, 0)
        table.add_row(
            result.step.layer,
            f"[{_OUTCOME_STYLE[result.outcome]}]{result.outcome}[/]",
            str(present.get(result.step.layer, 0)),
            *(str(counts.get(operation, 0)) for operation in operations),
            f"{result.run.seconds:.1f}" if result.run else "",
        )
    table.add_row(
        "all", "", str(resources), *(str(totals[o]) for o in operations), f"{seconds:.1f}"
    )
    return table


def drift_report(drifts: Mapping[str, DriftResult]) -> str:
    """Return what differs from the state, a line a property, and the count of each layer."""
    lines = []
    for layer, drift in drifts.items():
        for resource in drift.resources:
            lines += [f"{layer} {line}" for line in drift_lines(resource)]
        if drift.ok:
            count = len(drift.resources)
            said = f"{count} resources differ" if count != 1 else "1 resource differs"
            lines.append(f"{layer}: {said if count else 'as recorded'}")
    return "\n".join(lines)


def print_failures(
    results: Sequence[StepResult],
    console: Console,
    doing: str | None = None,
    logs: LayerLogs | None = None,
) -> None:
    """Print each failed layer's errors, the end of its log, and which layers that held up.

    `doing` names what was done where that is not the steps' own verb.
    """

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False)

    for result in results:
        if result.outcome is not Outcome.FAILED or result.run is None:
            continue
        for error in result.run.errors:
            say(_error_text(doing or str(result.step.verb), result.step, error))
        if logs is not None:
            say(_log_text(result.step.layer, logs, result.run.errors))
    for result in results:
        if result.outcome is Outcome.BLOCKED:
            say(f"⊘ {result.step.layer} was not started: it needs {result.cause}, which failed")
    failed = [result.step for result in results if result.outcome is Outcome.FAILED]
    if failed:
        again = [result.step.layer for result in results if result.outcome is not Outcome.SUCCEEDED]
        verb = doing or str(failed[0].verb)
        say(f"next: correct the cause, then: invoke {verb} {' '.join(again)}")
        if verb in (Verb.DEPLOY, Verb.DESTROY):
            say("      (what succeeded is recorded and is not made again)")


def _log_text(layer: str, logs: LayerLogs, errors: Sequence[ResourceError]) -> str:
    """Return where a layer's log is, and its end where that tells more than the errors."""
    tail = logs.tail(layer, _LOG_LINES)
    told = "\n".join(error.message for error in errors)
    more = [line for line in tail if line.partition(" ")[2].strip() not in told]
    if len(more) <= len(errors):
        return f"  log: {logs.file(layer)}"
    lines = "".join(f"\n    {line}" for line in tail)
    return f"  the end of {logs.file(layer)}:{lines}"


def _error_text(doing: str, step: Step, error: ResourceError) -> str:
    where = f" at {error.name} ({error.type})" if error.name else ""
    text = "\n".join(f"    {line}" for line in error.message.strip().splitlines())
    return f"✗ {step.layer} failed to {_AS_VERB.get(doing, doing)}{where}:\n{text}"
