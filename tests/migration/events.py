"""Histories as Step Functions tells them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class History:
    """Builds a history, one event a second."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, **details: Any) -> "History":
        number = len(self.events) + 1
        moment = BEGIN + timedelta(seconds=number)
        self.events.append({"id": number, "type": kind, "timestamp": moment, **details})
        return self

    def enter(self, state: str, kind: str = "Task") -> "History":
        return self.add(f"{kind}StateEntered", stateEnteredEventDetails={"name": state})

    def leave(self, state: str, kind: str = "Task") -> "History":
        return self.add(f"{kind}StateExited", stateExitedEventDetails={"name": state})

    def schedule(self, parameters: Any) -> "History":
        text = json.dumps(parameters)
        return self.add("TaskScheduled", taskScheduledEventDetails={"parameters": text})

    def answer(self, document: Any) -> "History":
        text = json.dumps(document)
        return self.add("TaskSucceeded", taskSucceededEventDetails={"output": text})
