"""A run as JSON, for machines: `docs/deploy-report.schema.json` says what each part means."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.engines.interface import DriftResult, PropertyDrift, ResourceDrift
from deploy.events import ResourceEvent
from deploy.git import Commit
from deploy.scheduler import Outcome, StepResult

VERSION = 1
DONE_BEFORE = "done before"


@dataclass(frozen=True)
class FinishedRun:
    """A run that has ended: what the report, JUnit and the exit status are made from.

    `results` has one for each layer of the plan, `done_before` the layers that a resumed run left
    out; `changes` what was done (in a preview: would be done) to each layer's resources; `drifts`
    what a look at the cloud found; times are ISO 8601 in UTC.
    """

    command: str
    environment: str
    engine: str
    user: str
    commit: Commit | None
    started: str
    ended: str
    seconds: float
    results: Sequence[StepResult]
    cancelled: bool
    mode: str
    exit_code: int
    reasons: Mapping[str, str] = field(default_factory=dict)
    done_before: Sequence[str] = ()
    changes: Mapping[str, Sequence[ResourceEvent]] = field(default_factory=dict)
    drifts: Mapping[str, DriftResult] = field(default_factory=dict)
    logs: Mapping[str, Path] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """How the whole run ended: succeeded, failed, interrupted, or drifted."""
        if self.cancelled:
            return "interrupted"
        if any(result.outcome is not Outcome.SUCCEEDED for result in self.results):
            return "failed"
        return "drifted" if any(drift.resources for drift in self.drifts.values()) else "succeeded"


def as_json(run: FinishedRun) -> dict[str, Any]:
    """Return the report as a JSON document. No value of a secret is in it."""
    return {
        "version": VERSION,
        "command": run.command,
        "mode": run.mode,
        "environment": run.environment,
        "engine": run.engine,
        "user": run.user,
        "commit": {"sha": run.commit.sha, "dirty": run.commit.dirty} if run.commit else None,
        "started": run.started,
        "ended": run.ended,
        "seconds": round(run.seconds, 3),
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        "layers": [
            *(_left_out(run, layer) for layer in run.done_before),
            *(_layer(run, result) for result in run.results),
        ],
    }


def write(run: FinishedRun, path: Path) -> None:
    """Write the report to a file."""
    path.write_text(
        json.dumps(as_json(run), indent=2, default=str, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _left_out(run: FinishedRun, layer: str) -> dict[str, Any]:
    return {"layer": layer, "verb": "deploy", "outcome": DONE_BEFORE} | _nothing(run, layer)


def _nothing(run: FinishedRun, layer: str) -> dict[str, Any]:
    return {
        "reason": run.reasons.get(layer, ""),
        "blocked_by": None,
        "seconds": 0.0,
        "counts": {},
        "placeholders": [],
        "changes": [],
        "drift": None,
        "errors": [],
        "log": None,
    }


def _layer(run: FinishedRun, result: StepResult) -> dict[str, Any]:
    layer = result.step.layer
    described: dict[str, Any] = {
        "layer": layer,
        "verb": result.step.verb,
        "outcome": result.outcome,
        **_nothing(run, layer),
        "blocked_by": result.cause,
        "placeholders": sorted(result.step.placeholders),
    }
    if result.run is None:
        return described
    drift = run.drifts.get(layer)
    return described | {
        "seconds": round(result.run.seconds, 3),
        "counts": {str(operation): count for operation, count in result.run.counts.items()},
        "changes": [_change(event) for event in run.changes.get(layer, ())],
        "drift": [_resource_drift(resource) for resource in drift.resources] if drift else None,
        "errors": [
            {"message": e.message, "urn": e.urn, "type": e.type, "name": e.name}
            for e in result.run.errors
        ],
        "log": str(run.logs[layer]) if layer in run.logs else None,
    }


def _change(event: ResourceEvent) -> dict[str, Any]:
    return {
        "operation": event.operation,
        "urn": event.urn,
        "type": event.type,
        "name": event.name,
        "properties": list(event.changed),
        "result": event.phase,
    }


def _resource_drift(resource: ResourceDrift) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "missing": resource.missing,
        "properties": [_property_drift(item) for item in resource.properties],
    }


def _property_drift(item: PropertyDrift) -> dict[str, Any]:
    return {"path": item.path, "recorded": item.recorded, "live": item.live}
