"""What an execution has done, read from its history.

Pure. Source: AWS Step Functions API Reference, "GetExecutionHistory" and "HistoryEvent".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Event = Mapping[str, Any]

_ENTERED, _EXITED = "StateEntered", "StateExited"
_ANSWERS = ("taskSucceededEventDetails", "lambdaFunctionSucceededEventDetails")


@dataclass(frozen=True)
class Visit:
    """One stay in a state; `exited` is None while it lasts, and when the execution ended in it."""

    state: str
    entered: datetime
    exited: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it lasts."""
        return None if self.exited is None else (self.exited - self.entered).total_seconds()


@dataclass(frozen=True)
class Answer:
    """What a task of a state answered: the JSON document."""

    state: str
    document: Any


def visits(events: Sequence[Event]) -> tuple[Visit, ...]:
    """Return the stays in states, in the order in which they were entered."""
    found: list[Visit] = []
    for event in _ordered(events):
        if event["type"].endswith(_ENTERED):
            name = event["stateEnteredEventDetails"]["name"]
            found.append(Visit(name, event["timestamp"], None))
        elif event["type"].endswith(_EXITED):
            name = event["stateExitedEventDetails"]["name"]
            _leave(found, name, event["timestamp"])
    return tuple(found)


def answers(events: Sequence[Event]) -> Iterator[Answer]:
    """Yield what tasks answered, oldest first. Answers that are not JSON are passed over."""
    for state, event in _with_states(events):
        for field in _ANSWERS:
            output = event.get(field, {}).get("output")
            document = _parsed(output)
            if document is not None:
                # Step Functions' Lambda integration wraps what a function returned.
                wrapped = isinstance(document, dict) and "StatusCode" in document
                yield Answer(state, document.get("Payload") if wrapped else document)


def scheduled_parameters(events: Sequence[Event], state: str) -> Any:
    """Return the parameters of the task that a state scheduled last, None when it has not."""
    found = None
    for current, event in _with_states(events):
        text = event.get("taskScheduledEventDetails", {}).get("parameters")
        if current == state and text is not None:
            found = _parsed(text)
    return found


def _with_states(events: Sequence[Event]) -> Iterator[tuple[str, Event]]:
    """Yield each event with the state that was entered last; workflows here do one at a time."""
    state = ""
    for event in _ordered(events):
        if event["type"].endswith(_ENTERED):
            state = event["stateEnteredEventDetails"]["name"]
        yield state, event


def _ordered(events: Sequence[Event]) -> list[Event]:
    return sorted(events, key=lambda event: int(event["id"]))


def _leave(found: list[Visit], state: str, moment: datetime) -> None:
    for place in reversed(range(len(found))):
        if found[place].state == state and found[place].exited is None:
            found[place] = Visit(state, found[place].entered, moment)
            return


def _parsed(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None
