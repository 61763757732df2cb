"""Keeps the record of each layer while a plan runs, and compares it with what is there now."""

import getpass
import hashlib
import json
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from deploy.engines.embedded import StackState
from deploy.git import Commit
from deploy.graph import Graph
from deploy.inputs import LayerInputs
from deploy.plan import Step, Verb
from deploy.records import RUNNING, Record, Records
from deploy.scheduler import Outcome, StepResult

StateOf = Callable[[str], StackState | None]


def outputs_digest(outputs: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a layer's outputs, in hexadecimal."""
    text = json.dumps(outputs, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def outputs_digests(
    outputs: Mapping[str, Mapping[str, Any]], layers: Iterable[str]
) -> dict[str, str]:
    """Return the digest of the outputs of each of the layers that has any."""
    return {layer: outputs_digest(outputs[layer]) for layer in sorted(layers) if layer in outputs}


def now() -> str:
    """Return the time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class Bookkeeper:
    """Writes a record when a step starts and when it ends. Called from one thread at a time.

    `outputs` are the outputs of the layers deployed so far; those of each finished step join them.
    """

    records: Records
    graph: Graph
    inputs: LayerInputs
    engine: str
    commit: Commit | None
    state_of: StateOf
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def started(self, step: Step) -> None:
        """Record that a layer is being worked on, and from what."""
        deploying = step.verb is Verb.DEPLOY
        upstream = self.graph.edges[step.layer] if deploying else ()
        self.records.put(
            step.layer,
            Record(
                verb=step.verb,
                outcome=RUNNING,
                engine=self.engine,
                user=f"{getpass.getuser()}@{socket.gethostname()}",
                commit=self.commit.sha if self.commit else "",
                dirty=bool(self.commit and self.commit.dirty),
                started=now(),
                inputs=self.inputs.digests(step.layer) if deploying else {},
                upstream=outputs_digests(self.outputs, upstream),
            ),
        )

    def settled(self, result: StepResult) -> None:
        """Record how a layer ended; one that never started keeps the record that it had."""
        if result.run is None:
            return
        layer = result.step.layer
        begun = self.records.of(layer)
        if begun is None or begun.outcome != RUNNING:
            return
        saved = ""
        if result.outcome is Outcome.SUCCEEDED and result.step.verb is Verb.DEPLOY:
            self.outputs[layer] = result.run.outputs
            state = self.state_of(layer)
            saved = state.last_modified.isoformat() if state else ""
        self.records.put(
            layer, replace(begun, outcome=result.outcome, ended=now(), state_saved=saved)
        )


@dataclass(frozen=True)
class Pending:
    """What has changed since a layer was last deployed from here; falsy when nothing has.

    `files` changed, came or went; `upstream` are layers whose outputs have changed; `elsewhere`
    says that the state was saved since by something else; `unfinished` that the last run did not
    succeed; `unknown` that there is no record to compare with.
    """

    files: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    elsewhere: bool = False
    unfinished: bool = False
    unknown: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.files or self.upstream or self.elsewhere or self.unfinished or self.unknown
        )

    def __str__(self) -> str:
        if self.unknown:
            return "unknown: not deployed from this machine"
        parts = ["the last run did not end well"] if self.unfinished else []
        parts += ["deployed elsewhere since"] if self.elsewhere else []
        parts += [_listed(self.files)] if self.files else []
        parts += [f"outputs of {', '.join(self.upstream)}"] if self.upstream else []
        return "; ".join(parts) or "none"


def pending(
    record: Record | None,
    inputs: Mapping[str, str],
    upstream: Mapping[str, str],
    state: StackState | None,
) -> Pending:
    """Compare a layer's record with its inputs, its upstream outputs and its state as they are."""
    if record is None or record.verb != Verb.DEPLOY:
        return Pending(unknown=True)
    changed = {
        path
        for path in record.inputs.keys() | inputs.keys()
        if record.inputs.get(path) != inputs.get(path)
    }
    other = {
        layer
        for layer in record.upstream.keys() | upstream.keys()
        if record.upstream.get(layer) != upstream.get(layer)
    }
    saved = state.last_modified.isoformat() if state else ""
    return Pending(
        files=tuple(sorted(changed)),
        upstream=tuple(sorted(other)),
        elsewhere=bool(record.state_saved) and saved != record.state_saved,
        unfinished=record.outcome != Outcome.SUCCEEDED,
    )


def _listed(files: tuple[str, ...]) -> str:
    shown = ", ".join(files[:2])
    return f"{shown} and {len(files) - 2} more" if len(files) > 2 else shown
