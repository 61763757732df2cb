"""A million payments move under load, and back: compared row by row by nothing of the product's.

The story is told once; each test looks at a part of it. `pytest -s` shows its figures.
"""

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns.migration import comparison
from tests.campaigns.migration.back_office import BackOffice
from tests.e2e.migrations import SIDES, Clients, Deployment, eventually
from tooling.checkout import Checkout, Finished

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1_800)]

PAYMENTS = 1_000_000
CLIENTS, PAUSE_SECONDS = 4, 0.05
COMMAND_SECONDS = 900
FEW = 50


@dataclass(frozen=True)
class Moment:
    """What was so after a command, with the clients at rest and both sides looked at."""

    report: dict[str, Any]
    rows: dict[str, int]
    lost: dict[str, list[bytes]]
    route: dict[str, Any]
    sequences: dict[str, dict[str, comparison.Sequence]]
    payments: list[str]
    refunds: list[tuple[int, int, str]]
    acknowledged: frozenset[str]
    booked: frozenset[int]
    drawn: tuple[int, ...]


@dataclass(frozen=True)
class Story:
    """The clients, and what was so after each command."""

    clients: Clients
    back_office: BackOffice
    migrated: Moment
    rolled_back: Moment
    migrated_again: Moment


@dataclass
class Rehearsal:
    """Runs commands of a deployed checkout under load, and times everything."""

    deployment: Deployment
    clients: Clients
    back_office: BackOffice
    folder: Path
    figures: dict[str, float]

    def run(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run a command while clients work before, during and after it; return its report."""
        report = self.folder / f"{name}.json"
        with self.clients.busy(), self.back_office.busy():
            self._some_more()
            started, before = time.monotonic(), len(self.clients.acknowledged)
            finished = _invoke(self.deployment.checkout, *arguments, "--report", str(report))
            self.figures[f"{name}: seconds"] = time.monotonic() - started
            self.figures[f"{name}: payments meanwhile"] = len(self.clients.acknowledged) - before
            self._some_more()
        assert finished.status == 0, finished.output
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        self.figures[f"{name}: window in ms"] = found["cutover"]["window_milliseconds"]
        return found

    def look(self, name: str, report: dict[str, Any], *, equal: bool) -> Moment:
        """Look at both sides; without `equal`, the source may have what the target has not."""
        started = time.monotonic()
        route = self.deployment.route()
        with (
            self.deployment.connected("source") as source,
            self.deployment.connected("target") as target,
        ):
            connections = {"source": source, "target": target}
            if equal:
                eventually(lambda: _same_size(source, target))
            rows = comparison.compare(source, target) if equal else {}
            lost = {} if equal else comparison.missing(source, target)
            active = connections[route["active"]]
            payments = active.execute("SELECT id::text FROM payments.payments").fetchall()
            refunds = active.execute("SELECT id, amount::int, reason FROM payments.refunds")
            moment = Moment(
                report=report,
                rows=rows,
                lost=lost,
                route=route,
                sequences={side: comparison.sequences(connections[side]) for side in SIDES},
                payments=[found for (found,) in payments],
                refunds=refunds.fetchall(),
                acknowledged=frozenset(self.clients.acknowledged),
                booked=frozenset(self.back_office.refunds),
                drawn=tuple(self.back_office.receipts),
            )
        self.figures[f"{name}: comparison in seconds"] = time.monotonic() - started
        return moment

    def _some_more(self) -> None:
        payments, refunds = len(self.clients.acknowledged), len(self.back_office.refunds)
        eventually(lambda: len(self.clients.acknowledged) > payments + FEW)
        eventually(lambda: len(self.back_office.refunds) > refunds + FEW)


def _same_size(source: comparison.Connection, target: comparison.Connection) -> bool:
    """Tell whether the last changes have arrived: writers rest, so numbers of rows settle it."""
    query = (
        "SELECT (SELECT count(*) FROM payments.payments), count(*), sum(amount)"
        " FROM payments.refunds"
    )
    return source.execute(query).fetchall() == target.execute(query).fetchall()


def _invoke(checkout: Checkout, *arguments: str) -> Finished:
    process: subprocess.Popen[str] = checkout.start(*arguments)
    output, _ = process.communicate(timeout=COMMAND_SECONDS)
    return Finished(process.returncode, output)


@pytest.fixture(scope="module")
def story(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Deploy, seed, migrate, roll back and migrate again: all under load."""
    figures: dict[str, float] = {}
    for arguments in (("deploy-all",), ("seed", "--payments", str(PAYMENTS))):
        started = time.monotonic()
        assert (finished := _invoke(checkout, *arguments)).status == 0, finished.output
        figures[f"{arguments[0]}: seconds"] = time.monotonic() - started
    deployment = Deployment.of(checkout)
    clients = Clients(deployment.api(), CLIENTS, PAUSE_SECONDS)
    rehearsal = Rehearsal(
        deployment, clients, BackOffice(deployment), tmp_path_factory.mktemp("reports"), figures
    )
    report = rehearsal.run("migrate", "migrate", "--reason", "a million payments")
    migrated = rehearsal.look("migrate", report, equal=True)
    report = rehearsal.run("rollback", "rollback", "--reason", "and back")
    rolled_back = rehearsal.look("rollback", report, equal=False)
    report = rehearsal.run("migrate again", "migrate", "--reason", "once more")
    migrated_again = rehearsal.look("migrate again", report, equal=True)
    seconds = {visit["state"]: visit["seconds"] for visit in migrated.report["states"]}
    figures["validate: rows a second"] = sum(migrated.rows.values()) / seconds["Validate"]
    for name, figure in figures.items():
        print(f"{name}: {figure:,.1f}")
    return Story(clients, rehearsal.back_office, migrated, rolled_back, migrated_again)


@pytest.fixture(params=["migrated", "rolled_back", "migrated_again"])
def moment(story: Story, request: pytest.FixtureRequest) -> Moment:
    """The moments after each command, in turn."""
    found: Moment = getattr(story, request.param)
    return found


def test_no_request_fails(story: Story) -> None:
    assert story.clients.refused == []


def test_both_sides_have_the_same_rows_in_every_table_after_a_migration(story: Story) -> None:
    for moment in (story.migrated, story.migrated_again):
        assert moment.rows["payments"] == PAYMENTS + len(moment.acknowledged)
        assert moment.rows["ledger_entries"] == 2 * moment.rows["payments"]
        assert moment.rows["refunds"] >= len(moment.booked)
        assert moment.rows["migration_sentinel"] == 1
        assert min(moment.rows["accounts"], moment.rows["payment_events"]) > 0


def test_the_source_has_every_row_of_the_target_after_a_rollback(story: Story) -> None:
    lost = story.rolled_back.lost

    assert lost.keys() == story.migrated.rows.keys()
    assert not any(lost.values()), lost


def test_every_acknowledged_payment_is_there_exactly_once(moment: Moment) -> None:
    assert len(moment.payments) == len(set(moment.payments)) == PAYMENTS + len(moment.acknowledged)
    assert moment.acknowledged <= set(moment.payments)


def test_every_refund_is_there_as_its_update_left_it(moment: Moment) -> None:
    booked = {number: (amount, reason) for number, amount, reason in moment.refunds}

    assert len(booked) == len(moment.refunds)
    assert moment.booked <= booked.keys()
    assert {booked[number][0] for number in moment.booked} == {2}
    receipts = {booked[number][1] for number in moment.booked}
    assert receipts == {f"receipt {number}" for number in moment.drawn}


def test_the_back_office_worked_on_both_sides_and_no_receipt_number_was_given_twice(
    story: Story,
) -> None:
    drawn = story.migrated_again.drawn

    assert story.back_office.sides == set(SIDES)
    assert len(drawn) == len(set(drawn))


def test_the_route_is_on_the_side_that_the_command_names(story: Story) -> None:
    moments = (story.migrated, story.rolled_back, story.migrated_again)

    assert [moment.route["active"] for moment in moments] == ["target", "source", "target"]
    epochs = [moment.route["epoch"] for moment in moments]
    assert epochs == sorted(set(epochs))
    for moment in moments:
        assert moment.report["cutover"]["active"] == moment.route["active"]
        assert moment.report["cutover"]["epoch"] == moment.route["epoch"]


def test_the_next_number_of_every_sequence_is_beyond_all_that_were_used(moment: Moment) -> None:
    active = moment.route["active"]
    (other,) = (side for side in SIDES if side != active)
    here, there = moment.sequences[active], moment.sequences[other]

    assert here.keys() == there.keys()
    assert len(here) == 5
    for name, sequence in here.items():
        assert sequence.following >= there[name].following, name
        assert sequence.used is None or sequence.following > sequence.used, name
    assert here["receipt_number"].used is None
    assert here["receipt_number"].following > max(moment.drawn)
