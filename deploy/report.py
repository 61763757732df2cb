"""What a user reads before and after a run: the plan as a tree, the summary, the errors."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from deploy.events import Operation, ResourceError
from deploy.plan import Plan, Step, Verb
from deploy.scheduler import Outcome, StepResult

_OUTCOME_STYLE = {
    Outcome.SUCCEEDED: "green",
    Outcome.FAILED: "red",
    Outcome.BLOCKED: "yellow",
    Outcome.CANCELLED: "yellow",
}


def plan_tree(plan: Plan) -> Tree:
    """Return the plan as a tree in which each layer hangs under the last one that it waits for."""
    tree = Tree(f"{plan.verb} {plan.environment}")
    branches: dict[str, Tree] = {}
    for step in plan.steps:
        parent = next((branches[x] for x in reversed(plan.layers) if x in step.waits_for), tree)
        branches[step.layer] = parent.add(_plan_line(plan, step))
    return tree


def _plan_line(plan: Plan, step: Step) -> str:
    if step.verb is Verb.DESTROY:
        what = f"{step.resources} resources to destroy"
    else:
        what = f"{step.resources} resources deployed" if step.resources else "new"
    last = _last_to_wait_for(plan, step)
    waits = f", after {' and '.join(last)}" if len(last) > 1 else ""
    return f"{step.layer} ({what}{waits})"


def _last_to_wait_for(plan: Plan, step: Step) -> list[str]:
    """Return what a step waits for, without what those wait for themselves."""
    waited = {s.layer: s.waits_for for s in plan.steps if s.layer in step.waits_for}
    implied = frozenset[str]().union(*waited.values())
    return [layer for layer in waited if layer not in implied]


def summary_table(
    results: Sequence[StepResult], present: Mapping[str, int], seconds: float
) -> Table:
    """Return the table of resources, changes and seconds for each layer and in all.

    `present` has the number of resources that each layer has now; `seconds` is the whole
    command's time: layers run side by side, and starting takes time too.
    """
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    table.add_column("layer", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for header in ("resources", "created", "updated", "replaced", "deleted", "seconds"):
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


def print_failures(results: Sequence[StepResult], console: Console) -> None:
    """Print each failed layer's errors and what to do, then which layers that held up."""
    for result in results:
        if result.outcome is not Outcome.FAILED or result.run is None:
            continue
        for error in result.run.errors:
            console.print(_error_text(result.step, error), markup=False, highlight=False)
    blocked = [result for result in results if result.outcome is Outcome.BLOCKED]
    for result in blocked:
        console.print(
            f"⊘ {result.step.layer} was not started: it needs {result.cause}, which failed",
            markup=False,
            highlight=False,
        )
    failed = [result.step for result in results if result.outcome is Outcome.FAILED]
    if failed:
        again = [result.step.layer for result in results if result.outcome is not Outcome.SUCCEEDED]
        console.print(
            f"next: correct the cause, then: invoke {failed[0].verb} {' '.join(again)}\n"
            "      (what succeeded is recorded and is not made again)",
            markup=False,
            highlight=False,
        )


def _error_text(step: Step, error: ResourceError) -> str:
    where = f" at {error.name} ({error.type})" if error.name else ""
    text = "\n".join(f"    {line}" for line in error.message.strip().splitlines())
    return f"✗ {step.layer} failed to {step.verb}{where}:\n{text}"
