"""Records of what was done, what is pending, and what a resumed run leaves out."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.engines.embedded import StackState
from deploy.errors import UsageError
from deploy.events import ResourceError, RunResult
from deploy.git import Commit
from deploy.graph import Graph
from deploy.inputs import LayerInputs
from deploy.plan import Plan, plan_deploy, without
from deploy.provenance import Bookkeeper, Pending, outputs_digests, pending
from deploy.records import FILE, RUNNING, Record, Records
from deploy.resume import done_layers
from deploy.scheduler import Outcome, StepResult
from tests.deploy import repository

GRAPH = Graph.of({"base": [], "top": ["base"]})
SAVED = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
STATE = StackState({"id": "b-1"}, frozenset(), 1, (), (), SAVED)
RECORD = Record(
    verb="deploy",
    outcome="succeeded",
    engine="embedded",
    user="ada@laptop",
    commit="c0ffee",
    dirty=False,
    started="2026-04-01T11:59:00+00:00",
    state_saved=SAVED.isoformat(),
    inputs={"a.py": "1"},
    upstream={"base": "2"},
)


def _plan() -> Plan:
    return plan_deploy(GRAPH, GRAPH.nodes, "test", {})


def _books(tmp_path: Path) -> Bookkeeper:
    inputs = LayerInputs(
        "local", root=repository.make(tmp_path / "code"), contracts=repository.CONTRACTS
    )
    return Bookkeeper(
        Records(tmp_path), GRAPH, inputs, "embedded", Commit("c0ffee", True), lambda layer: STATE
    )


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    Records(tmp_path).put("base", RECORD)

    assert Records(tmp_path).of("base") == RECORD
    assert Records(tmp_path).of("top") is None


def test_a_truncated_record_is_refused_with_the_cure(tmp_path: Path) -> None:
    Records(tmp_path).put("base", RECORD)
    file = tmp_path / FILE
    file.write_text(file.read_text()[:-40])

    with pytest.raises(UsageError, match=f"remove {file}"):
        Records(tmp_path)


def test_a_layer_under_way_is_recorded_as_running_so_that_a_kill_shows(tmp_path: Path) -> None:
    books = _books(tmp_path)
    books.started(_plan().steps[0])

    found = Records(tmp_path).of("base")

    assert found is not None
    assert (found.outcome, found.commit, found.dirty) == (RUNNING, "c0ffee", True)
    assert "stacks/base/__main__.py" in found.inputs


def test_a_layer_that_ended_is_recorded_with_its_outcome_and_its_state(tmp_path: Path) -> None:
    books = _books(tmp_path)
    [base, top] = _plan().steps
    books.started(base)
    books.settled(StepResult(base, Outcome.SUCCEEDED, RunResult(outputs={"id": "b-1"})))
    books.started(top)
    books.settled(StepResult(top, Outcome.FAILED, RunResult(errors=(ResourceError("no"),))))

    found = Records(tmp_path)
    records = [found.of(layer) for layer in ("base", "top")]

    assert [record.outcome for record in records if record] == ["succeeded", "failed"]
    assert records[0] is not None
    assert records[0].state_saved == SAVED.isoformat()
    assert records[1] is not None
    assert records[1].upstream == outputs_digests({"base": {"id": "b-1"}}, ["base"])


def test_a_blocked_layer_keeps_the_record_that_it_had(tmp_path: Path) -> None:
    books = _books(tmp_path)
    books.records.put("top", RECORD)

    books.settled(StepResult(_plan().steps[1], Outcome.BLOCKED, cause="base"))

    assert books.records.of("top") == RECORD


def test_nothing_is_pending_where_all_is_as_it_was_deployed() -> None:
    found = pending(RECORD, {"a.py": "1"}, {"base": "2"}, STATE)

    assert not found
    assert str(found) == "none"


@pytest.mark.parametrize(
    ("inputs", "upstream", "expected"),
    [
        ({"a.py": "other"}, {"base": "2"}, "a.py"),
        ({"a.py": "1", "new.py": "3"}, {"base": "2"}, "new.py"),
        ({}, {"base": "2"}, "a.py"),
        ({"a.py": "1"}, {"base": "other"}, "outputs of base"),
    ],
)
def test_what_changed_since_is_pending_by_name(
    inputs: dict[str, str], upstream: dict[str, str], expected: str
) -> None:
    found = pending(RECORD, inputs, upstream, STATE)

    assert found
    assert str(found) == expected


def test_a_state_saved_by_something_else_is_pending() -> None:
    other = replace(STATE, last_modified=datetime(2026, 4, 2, tzinfo=UTC))

    found = pending(RECORD, {"a.py": "1"}, {"base": "2"}, other)

    assert str(found) == "deployed elsewhere since"


@pytest.mark.parametrize("record", [None, replace(RECORD, verb="destroy")])
def test_without_a_record_of_a_deployment_it_is_unknown(record: Record | None) -> None:
    assert pending(record, {}, {}, STATE).unknown


@pytest.mark.parametrize("outcome", [RUNNING, "failed", "cancelled"])
def test_a_run_that_did_not_succeed_is_pending(outcome: str) -> None:
    found = pending(replace(RECORD, outcome=outcome), {"a.py": "1"}, {"base": "2"}, STATE)

    assert found.unfinished


def test_done_layers_are_left_out_and_nothing_waits_for_them() -> None:
    plan = _plan()
    done = done_layers(plan, {"base"}, {"base": Pending(), "top": Pending(unfinished=True)})

    rest = without(plan, done)

    assert done == {"base"}
    assert [(step.layer, step.waits_for) for step in rest.steps] == [("top", frozenset())]


def test_a_layer_on_top_of_one_that_runs_again_runs_again() -> None:
    changed = {"base": Pending(files=("a.py",)), "top": Pending()}

    assert done_layers(_plan(), {"base", "top"}, changed) == frozenset()


def test_a_layer_that_is_incomplete_is_not_done() -> None:
    assert done_layers(_plan(), {"top"}, {"base": Pending(), "top": Pending()}) == frozenset()
