"""What can be seen of a run, in a form in which two engines' runs are equal or not.

Ids that the cloud chose and random parts of names are replaced by what they belong to.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deploy.engines.embedded.backend import FileBackend
from deploy.events import Event, Phase, ResourceEvent, RunResult
from tests.conformance.workplace import STACK, Workplace

_RANDOM_NAME = re.compile(r"-[0-9a-f]{7}\b")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_THING_ID = re.compile(r"\bthing-\d+\b")
_TIMES = ("created", "modified")


@dataclass(frozen=True)
class Observation:
    """One step as one engine did it.

    `operations` are the finished operations with their resources' names, `failed` the failed
    ones, `errors` the names of the resources that the errors are about (empty for the program's
    own); `state` is the decrypted state, `cloud` what exists after the step.
    """

    ok: bool
    counts: Mapping[str, int]
    operations: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    failed: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]
    outputs: Mapping[str, Any]
    secret_outputs: frozenset[str]
    unknown_outputs: frozenset[str]
    state: tuple[str, ...]
    cloud: tuple[str, ...]

    @classmethod
    def of(
        cls, place: Workplace, project: str, result: RunResult, events: list[Event]
    ) -> "Observation":
        """Observe what a run has left, and what it said."""
        finished = _resource_events(events, Phase.FINISHED)
        failed = _resource_events(events, Phase.FAILED)
        plain = Plain({key: thing.name for key, thing in place.cloud.things.items()})
        return cls(
            ok=result.ok,
            counts={each.value: count for each, count in result.counts.items() if count},
            operations=tuple(sorted({(e.operation.value, e.name) for e in finished})),
            changed=tuple(sorted({(e.name, tuple(sorted(e.changed))) for e in finished})),
            failed=tuple(sorted({(e.operation.value, e.name) for e in failed})),
            errors=tuple(sorted({error.name for error in result.errors})),
            outputs=plain.value(dict(result.outputs)),
            secret_outputs=result.secret_outputs,
            unknown_outputs=result.unknown_outputs,
            state=_state(place, project, plain),
            cloud=tuple(sorted(plain.text(t.inputs) for t in place.cloud.things.values())),
        )

    def differences(self, other: "Observation") -> list[str]:
        """Return how this differs from another, one line for each thing that only one has."""
        lines = []
        mine, theirs = asdict(self), asdict(other)
        for field, value in mine.items():
            if value == theirs[field]:
                continue
            if field in ("state", "cloud"):
                lines += [f"{field} only here:  {x}" for x in sorted({*value} - {*theirs[field]})]
                lines += [f"{field} only there: {x}" for x in sorted({*theirs[field]} - {*value})]
            else:
                lines.append(f"{field}: {value!r} here, {theirs[field]!r} there")
        return lines


class Plain:
    """Replaces what is never the same twice; `names` are those of things by their ids."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {key: _RANDOM_NAME.sub("-<random>", name) for key, name in names.items()}

    def text(self, value: Any) -> str:
        """Return a value as JSON without anything random."""
        text = _RANDOM_NAME.sub("-<random>", json.dumps(value, sort_keys=True, default=list))
        # After the names: one in thirty is made of digits alone, as ids are.
        text = _THING_ID.sub(lambda found: f"<{self._names.get(found[0], 'gone')}>", text)
        return _UUID.sub("<uuid>", text)

    def value(self, value: Any) -> Any:
        """Return a value without anything random."""
        return json.loads(self.text(value))


def _resource_events(events: list[Event], phase: Phase) -> list[ResourceEvent]:
    return [each for each in events if isinstance(each, ResourceEvent) and each.phase is phase]


def _state(place: Workplace, project: str, plain: Plain) -> tuple[str, ...]:
    checkpoint = FileBackend(place.backend).load(project, STACK, "").checkpoint
    resources = [
        {key: value for key, value in asdict(resource).items() if value and key not in _TIMES}
        for resource in checkpoint.resources
    ]
    pending = [f"pending: {item.kind} {item.resource.urn}" for item in checkpoint.pending]
    return tuple(sorted([*(plain.text(resource) for resource in resources), *pending]))
