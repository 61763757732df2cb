"""Pure parts: the answer's bounds, accepted findings, parameters, the task's settings."""

import json

import pytest

from functions.preflight import replication_task, thresholds
from functions.preflight.errors import UnusableInputError
from functions.preflight.inspection import inspect
from functions.preflight.model import (
    BEFORE_CUTOVER,
    BEFORE_LOAD,
    ON_SOURCE,
    Check,
    Finding,
    Phase,
    Problem,
    Rows,
    Severity,
    Situation,
    each_row,
    reading,
)
from functions.preflight.replication_task import ReplicationTask
from functions.preflight.report import GREATEST_BYTES, GREATEST_NUMBER, report
from functions.preflight.thresholds import Thresholds
from functions.runtime.errors import SideUnavailableError
from functions.runtime.route import Side


def finding(severity: Severity = Severity.WARNING, why: str = "It is.", fix: str = "x") -> Finding:
    return Finding(severity, "a-check", Side.SOURCE, "s.t", why, fix)


def test_few_findings_are_all_listed() -> None:
    answer = report([finding(Severity.BLOCKING), finding(), finding(Severity.NOTE)], "hash")
    assert (answer["verdict"], answer["blocking"], answer["warnings"]) == ("blocked", 1, 1)
    assert len(answer["findings"]) == 3
    assert answer["findings"][0] == {
        "severity": "blocking",
        "check": "a-check",
        "side": "source",
        "object": "s.t",
        "why": "It is.",
        "fix": "x",
    }


def test_warnings_do_not_block() -> None:
    assert report([finding()] * GREATEST_NUMBER, "h")["verdict"] == "ready"
    assert len(report([finding()] * GREATEST_NUMBER, "h")["findings"]) == GREATEST_NUMBER


def test_of_very_many_findings_the_rest_is_counted() -> None:
    answer = report([finding(Severity.BLOCKING)] * 150 + [finding()] * 350, "hash")
    assert (answer["blocking"], answer["warnings"]) == (150, 350)
    assert len(answer["findings"]) == GREATEST_NUMBER
    rest = answer["findings"][-1]
    assert (rest["object"], rest["severity"]) == ("301 more findings", "warning")
    assert "0 blocking, 301 warning, 0 note" in rest["why"]


def test_long_texts_are_bounded_and_no_statement_is_cut() -> None:
    answer = report([finding(why="y" * 100_000, fix="z" * 100_000)] * 200, "hash")
    assert len(json.dumps(answer)) < GREATEST_BYTES + 2_000
    assert {each["fix"] for each in answer["findings"]} == {None}
    assert answer["findings"][0]["why"].endswith("…")
    assert answer["findings"][-1]["check"] == "more-findings"


class FakeSide:
    """A probe with fixed rows."""

    version = 140_000

    def __init__(self, situation: Situation, rows: Rows = (), error: Exception | None = None):
        self.situation = situation
        self._rows = rows
        self._error = error

    def rows(self, statement: str) -> Rows:
        if self._error is not None:
            raise self._error
        return self._rows


def check(name: str, severity: Severity, phases: frozenset[Phase] = BEFORE_LOAD) -> Check:
    judge = each_row(lambda thing: Problem(thing, "It is there."))
    return Check(name, severity, phases, ON_SOURCE, reading("SELECT"), judge, "", "", "")


def test_the_gravest_come_first_and_other_phases_are_left_out() -> None:
    situation = Situation(Phase.BEFORE_LOAD)
    checks = [
        check("note", Severity.NOTE),
        check("late", Severity.BLOCKING, BEFORE_CUTOVER),
        check("grave", Severity.BLOCKING),
        check("warning", Severity.WARNING),
    ]
    probes = {side: FakeSide(situation, [("thing",)]) for side in Side}
    assert [each.check for each in inspect(checks, probes, situation)] == [
        "grave",
        "warning",
        "note",
    ]


@pytest.mark.parametrize(
    ("accepted", "severity"),
    [
        ("grave", Severity.NOTE),
        ("grave a thing", Severity.NOTE),
        ("grave other", Severity.BLOCKING),
        ("gr", Severity.BLOCKING),
    ],
)
def test_what_is_accepted_is_a_note(accepted: str, severity: Severity) -> None:
    situation = Situation(Phase.BEFORE_LOAD, Thresholds(accepted=frozenset({accepted})))
    probes = {side: FakeSide(situation, [("a thing",)]) for side in Side}
    [found] = inspect([check("grave", Severity.BLOCKING)], probes, situation)
    assert found.severity is severity


def test_a_side_that_is_lost_ends_the_preflight() -> None:
    situation = Situation(Phase.BEFORE_LOAD)
    probes = {side: FakeSide(situation, error=SideUnavailableError("gone")) for side in Side}
    with pytest.raises(SideUnavailableError):
        inspect([check("grave", Severity.BLOCKING)], probes, situation)


def test_a_statement_for_newer_servers_is_not_sent_to_older_ones() -> None:
    situation = Situation(Phase.BEFORE_LOAD)
    probe = FakeSide(situation, [("row",)])
    assert reading("SELECT", since=150_000)(probe) == ()
    assert reading("SELECT", since=140_000)(probe) == [("row",)]


def test_parameters_that_are_absent_have_usual_values() -> None:
    assert thresholds.understand({}) == Thresholds()
    found = thresholds.understand(
        {"preflight_sample_rows": "5", "preflight_accepted": " a , b c ,", "other": "x"}
    )
    assert (found.sample_rows, found.accepted) == (5, frozenset({"a", "b c"}))


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, ReplicationTask()),
        ({"LimitedSizeLobMode": True, "LobMaxSize": 64}, ReplicationTask(lob_limit_bytes=65_536)),
        ({"FullLobMode": True}, ReplicationTask(full_lob=True, lob_limit_bytes=None)),
        (
            {"FullLobMode": True, "LimitedSizeLobMode": True, "LobMaxSize": 0},
            ReplicationTask(),
        ),
    ],
)
def test_lob_modes_are_understood(metadata: dict[str, object], expected: ReplicationTask) -> None:
    settings = json.dumps({"TargetMetadata": metadata})
    assert replication_task.understand(settings, {}, {}) == expected


@pytest.mark.parametrize(
    ("script", "replica"),
    [
        ("SET session_replication_role = 'replica'", True),
        ("set SESSION_REPLICATION_ROLE to replica;", True),
        ("SET session_replication_role=replica", True),
        ("SET session_replication_role = origin", False),
        ("", False),
    ],
)
def test_the_replica_role_is_understood(script: str, replica: bool) -> None:
    for target in (
        {"PostgreSQLSettings": {"AfterConnectScript": script}},
        {"ExtraConnectionAttributes": f"captureDdls=N;afterConnectScript={script}"},
    ):
        assert replication_task.understand("{}", {}, target).replica_role is replica


def test_numbers_go_as_text_only_if_both_endpoints_say_so() -> None:
    yes = {"ExtraConnectionAttributes": "captureDdls=N; MapUnboundedNumericAsString=true;"}
    no = {"ExtraConnectionAttributes": "MapUnboundedNumericAsString=false"}
    assert replication_task.understand("{}", yes, yes).numeric_as_text
    assert not replication_task.understand("{}", yes, no).numeric_as_text
    assert not replication_task.understand("{}", {}, yes).numeric_as_text


@pytest.mark.parametrize("settings", ["", "[]", "no"])
def test_settings_that_are_no_json_object_are_refused(settings: str) -> None:
    with pytest.raises(UnusableInputError, match="no JSON object"):
        replication_task.understand(settings, {}, {})
