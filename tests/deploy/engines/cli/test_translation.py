"""The CLI's events, as the orchestrator hears them."""

from typing import Any

from pulumi.automation import EngineEvent

from deploy.engines.cli.drift import DriftTranslator
from deploy.engines.cli.translation import Translator
from deploy.engines.drift import PropertyDrift
from deploy.events import Diagnostic, Event, Operation, Phase, ResourceEvent

STACK = "urn:pulumi:local::p::pulumi:pulumi:Stack::p-local"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def step(kind: str, operation: str, name: str = "a", **more: Any) -> dict[str, Any]:
    """Return an event about a step, as the CLI writes it."""
    resource_type = more.pop("type", "test:index:Thing")
    planning = more.pop("planning", False)
    urn = f"urn:pulumi:local::p::{resource_type}::{name}"
    state = {"type": resource_type, "urn": urn, "custom": True}
    metadata = {"op": operation, "urn": urn, "type": resource_type, "provider": "", "new": state}
    return {kind: {"metadata": {**metadata, **more}, "planning": planning}}


def said(severity: str, message: str, urn: str = "") -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": severity, "message": message, "urn": urn, "color": ""}}


def heard(translator: Translator, *events: dict[str, Any]) -> None:
    for number, event in enumerate(events):
        translator.hear(EngineEvent.from_json({"sequence": number, "timestamp": 0, **event}))


def told(*events: dict[str, Any]) -> tuple[Translator, list[tuple[str, str]]]:
    """Return the translator and the phase and operation of each resource event."""
    told: list[Event] = []
    translator = Translator(told.append)
    heard(translator, *events)
    return translator, [
        (each.phase.value, each.operation.value) for each in told if isinstance(each, ResourceEvent)
    ]


def test_an_operation_is_told_when_it_starts_and_when_it_ends() -> None:
    translator, events = told(step("resourcePreEvent", "create"), step("resOutputsEvent", "create"))
    assert events == [("started", "create"), ("finished", "create")]
    assert translator.counts == {Operation.CREATE: 1}


def test_what_stays_as_it_is_is_told_once() -> None:
    translator, events = told(step("resourcePreEvent", "same"), step("resOutputsEvent", "same"))
    assert events == [("finished", "same")]
    assert translator.counts == {Operation.SAME: 1}


def test_a_preview_starts_nothing() -> None:
    _, events = told(
        step("resourcePreEvent", "create", planning=True),
        step("resOutputsEvent", "create", planning=True),
    )
    assert events == [("finished", "create")]


def test_a_replacement_is_one_operation_in_either_order() -> None:
    parts = [
        step("resourcePreEvent", "create-replacement"),
        step("resOutputsEvent", "create-replacement"),
        step("resourcePreEvent", "replace"),
        step("resOutputsEvent", "replace"),
    ]
    old_half = [
        step("resourcePreEvent", "delete-replaced"),
        step("resOutputsEvent", "delete-replaced"),
    ]
    after, events = told(*parts, *old_half)
    assert events == [("started", "replace"), ("finished", "replace")] * 2
    before, events = told(*old_half, *parts)
    assert events == [("started", "replace"), ("started", "replace"), ("finished", "replace")]
    assert after.counts == before.counts == {Operation.REPLACE: 1}


def test_stack_providers_components_and_references_are_not_resources_of_the_cloud() -> None:
    component = {"type": "x:y:Z", "urn": "urn:pulumi:local::p::x:y:Z::c"}
    translator, events = told(
        step("resOutputsEvent", "create", type="pulumi:pulumi:Stack", new={"urn": STACK}),
        step("resOutputsEvent", "create", type="pulumi:providers:test"),
        step("resOutputsEvent", "read", type="pulumi:pulumi:StackReference"),
        step("resOutputsEvent", "create", new=component),
    )
    assert events == []
    assert translator.counts == {}


def test_a_failure_says_what_the_cloud_said_and_the_verdict_adds_nothing() -> None:
    events: list[Event] = []
    translator = Translator(events.append)
    failed = step("resOpFailedEvent", "create")
    urn = failed["resOpFailedEvent"]["metadata"]["urn"]
    heard(
        translator,
        step("resourcePreEvent", "create"),
        said("error", "no room\n", urn),
        failed,
        said("error", "update failed\n"),
    )
    (error,) = translator.errors
    assert (error.message, error.name, error.type) == ("no room", "a", "test:index:Thing")
    _, event = events
    assert isinstance(event, ResourceEvent)
    assert (event.phase, event.message) == (Phase.FAILED, "no room")


def test_what_was_refused_before_it_began_has_not_failed_midway() -> None:
    _, events = told(step("resOpFailedEvent", "delete"))
    assert events == []


def test_a_verdict_is_an_error_when_there_is_no_other() -> None:
    translator, _ = told(said("error", "update failed\n"))
    assert [error.message for error in translator.errors] == ["update failed"]


def test_what_a_stopped_program_prints_is_left_out() -> None:
    events: list[Event] = []
    heard(
        Translator(events.append),
        said("info", "hello\n\n"),
        said("debug", "inside"),
        said("warning", "careful"),
        {"summaryEvent": {"resourceChanges": {}}},
        said("info#err", "KeyboardInterrupt"),
    )
    assert events == [Diagnostic("info", "hello"), Diagnostic("warning", "careful")]


def test_outputs_of_a_preview_are_told_apart_from_those_that_are_not_known_yet() -> None:
    outputs = {"plain": [1], "hidden": {**SECRET, "ciphertext": "[secret]"}, "later": UNKNOWN}
    translator, _ = told(
        step("resOutputsEvent", "same", type="pulumi:pulumi:Stack", new={"outputs": outputs})
    )
    assert translator.planned_outputs == {"plain": [1], "hidden": "[secret]"}
    assert translator.secret_outputs == {"hidden"}
    assert translator.unknown_outputs == {"later"}


def test_drift_is_told_property_by_property_and_secrets_are_masked() -> None:
    def state(**inputs: Any) -> dict[str, Any]:
        return {"type": "test:index:Thing", "urn": "x", "custom": True, "inputs": inputs}

    hidden = {**SECRET, "ciphertext": "[secret]"}
    events: list[Event] = []
    translator = DriftTranslator(events.append)
    heard(
        translator,
        step("resOutputsEvent", "same", "as-recorded"),
        step("resOutputsEvent", "delete", "gone", new=None, old=state()),
        step(
            "resOutputsEvent",
            "update",
            "changed",
            diffs=["tags", "word"],
            old=state(tags={"a": "1"}, word=hidden, size=1),
            new=state(tags={"a": "2"}, word="open", size=9),
        ),
    )
    gone, changed = translator.drifts
    assert (gone.name, gone.missing) == ("gone", True)
    assert changed.properties == (
        PropertyDrift("tags.a", "1", "2"),
        PropertyDrift("word", "[secret]", "[secret]"),
    )
    assert [each.operation for each in events if isinstance(each, ResourceEvent)] == [
        Operation.READ
    ] * 3
