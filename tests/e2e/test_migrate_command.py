"""The migration as a user drives it: `invoke migrate`, `migration-status` and `rollback`.

The story is told once, in a deployment of its own and under writers through the API; each test
looks at a part of it.
"""

import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.e2e.migrations import Clients, Deployment, eventually
from tooling.checkout import REPOSITORY, TIMEOUT_SECONDS, Checkout, Finished

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600)]

PAYMENTS = 2_000
FEW = 10
SCHEMA = json.loads((REPOSITORY / "docs" / "migration-report.schema.json").read_text("utf-8"))
HAPPY_STATES = (
    "Preflight",
    "StartReplication",
    "Validate",
    "Cutover",
    "Verify",
    "CompareAgain",
    "Complete",
)


@dataclass(frozen=True)
class Ids:
    """Payments of the side that has the traffic, and those that clients had an answer for."""

    found: list[str]
    acknowledged: frozenset[str]


@dataclass(frozen=True)
class Left:
    """A migration that was left by Ctrl-C while it waited for an approval."""

    command: Finished
    report: dict[str, Any]
    statuses: dict[str, str]
    status: Finished
    other: Finished
    """What became of another run that was asked for meanwhile."""


@dataclass(frozen=True)
class Story:
    """What the commands said, in the order in which they were given."""

    deployment: Deployment
    clients: Clients
    before_anything: Finished
    before_the_layer: Finished
    never_started: Finished
    blocked: Finished
    migrated: Finished
    migrated_report: dict[str, Any]
    rolled_back: Finished
    rolled_back_report: dict[str, Any]
    left: Left
    followed: Finished
    followed_report: dict[str, Any]
    last_status: Finished
    ids: dict[str, Ids]
    """After each command that moved the traffic, with the clients at rest."""


def _report(path: Path) -> dict[str, Any]:
    """Return a report that holds to its schema."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())
    return found


def _ids(deployment: Deployment, clients: Clients) -> Ids:
    with deployment.connected(deployment.route()["active"]) as connection:
        rows = connection.execute("SELECT id::text FROM payments.payments").fetchall()
    return Ids([found for (found,) in rows], frozenset(clients.acknowledged))


def _under_load(clients: Clients, work: Callable[[], Finished]) -> Finished:
    """Run a command while clients work before, during and after it."""
    with clients.busy():
        before = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > before + FEW)
        finished = work()
        after = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > after + FEW)
    return finished


def _statuses(deployment: Deployment) -> dict[str, str]:
    listed = deployment.states.list_executions(stateMachineArn=deployment.machine("migration"))
    return {each["executionArn"]: each["status"] for each in listed["executions"]}


def _leave_by_interrupt(deployment: Deployment, folder: Path) -> Left:
    """Start a migration that waits for an approval, and interrupt the whole process group."""
    checkout, report = deployment.checkout, folder / "left.json"
    process = checkout.start(
        "migrate", "--run", "interrupted", "--approval", "--report", str(report)
    )
    running = eventually(
        lambda: [arn for arn, status in _statuses(deployment).items() if status == "RUNNING"]
    )
    deployment.approval_token(running[0])
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    return Left(
        Finished(process.returncode, output),
        _report(report),
        {arn: _statuses(deployment)[arn] for arn in running},
        checkout.invoke("migration-status"),
        checkout.invoke("migrate", "--run", "another"),
    )


def _blocked(deployment: Deployment) -> Finished:
    """Try to migrate a table that has no key, and take it away again."""
    with deployment.connected("source") as connection:
        connection.execute("CREATE TABLE payments.stray (id int)")
        finished = deployment.checkout.invoke("migrate", "--run", "blocked")
        connection.execute("DROP TABLE payments.stray")
    return finished


@pytest.fixture(scope="module")
def story(
    make_checkout: Callable[[str], Checkout], tmp_path_factory: pytest.TempPathFactory
) -> Story:
    """Migrate, roll back, and migrate again with an interruption, all by commands."""
    checkout, folder = make_checkout("commanded"), tmp_path_factory.mktemp("reports")
    before_anything = checkout.invoke("migrate")
    assert (network := checkout.invoke("deploy", "network")).status == 0, network.output
    before_the_layer = checkout.invoke("migrate")
    assert (deployed := checkout.invoke("deploy-all")).status == 0, deployed.output
    never_started = checkout.invoke("migration-status")
    assert (seeded := checkout.invoke("seed", "--payments", str(PAYMENTS))).status == 0, seeded
    deployment = Deployment.of(checkout)
    clients = Clients(deployment.api(), count=2)
    blocked = _blocked(deployment)

    def command(*arguments: str) -> tuple[Finished, dict[str, Any]]:
        path = folder / "report.json"
        finished = _under_load(clients, lambda: checkout.invoke(*arguments, "--report", str(path)))
        assert finished.status == 0, finished.output
        return finished, _report(path)

    migrated, migrated_report = command("migrate", "--reason", "move to PostgreSQL 17")
    deployment.settle_equal()
    ids = {"migrated": _ids(deployment, clients)}
    rolled_back, rolled_back_report = command("rollback", "--reason", "a report is slow")
    ids["rolled back"] = _ids(deployment, clients)
    left = _leave_by_interrupt(deployment, folder)
    followed, followed_report = command("migrate", "--approve")
    deployment.settle_equal()
    ids["followed"] = _ids(deployment, clients)
    return Story(
        deployment=deployment,
        clients=clients,
        before_anything=before_anything,
        before_the_layer=before_the_layer,
        never_started=never_started,
        blocked=blocked,
        migrated=migrated,
        migrated_report=migrated_report,
        rolled_back=rolled_back,
        rolled_back_report=rolled_back_report,
        left=left,
        followed=followed,
        followed_report=followed_report,
        last_status=checkout.invoke("migration-status"),
        ids=ids,
    )


def test_a_migration_that_moves_the_traffic_ends_with_0_and_tells_its_window(story: Story) -> None:
    output = story.migrated.output

    assert story.migrated.status == 0, output
    assert re.search(
        r"^started arn:aws:states:.*:state-machine-migration-local:", output, re.MULTILINE
    )
    places = [output.index(f"  {state}\n") for state in HAPPY_STATES]
    assert places == sorted(places)
    assert re.search(r"^window, fence to route: [\d,.]+ ms$", output, re.MULTILINE)
    assert re.search(r"^traffic is on the target, epoch \d+$", output, re.MULTILINE)
    assert re.search(r"^cut over after [\d,.]+ s", output, re.MULTILINE)


def test_the_report_of_a_migration_tells_states_rows_and_window(story: Story) -> None:
    report = story.migrated_report

    assert (report["workflow"], report["verdict"]) == ("migration", "cut_over")
    assert report["input"]["reason"] == "move to PostgreSQL 17"
    visited = [visit["state"] for visit in report["states"]]
    assert [state for state in visited if state in HAPPY_STATES] == list(HAPPY_STATES)
    assert all(visit["exited"] for visit in report["states"])
    assert report["cutover"]["window_milliseconds"] > 0
    rows = {table["table"]: table["full_load_rows"] for table in report["replication"]["tables"]}
    assert rows["payments.payments"] >= PAYMENTS


def test_a_rollback_ends_with_0_and_with_the_traffic_on_the_source(story: Story) -> None:
    report = story.rolled_back_report

    assert story.rolled_back.status == 0, story.rolled_back.output
    assert "rolled back after" in story.rolled_back.output
    assert (report["workflow"], report["verdict"]) == ("rollback", "rolled_back")
    assert report["cutover"]["active"] == "source"


def test_no_request_fails_and_every_payment_is_there_once_after_each_command(
    story: Story,
) -> None:
    assert story.clients.refused == []
    for after, ids in story.ids.items():
        assert len(ids.found) == len(set(ids.found)) == PAYMENTS + len(ids.acknowledged), after
        assert ids.acknowledged <= set(ids.found), after


def test_an_interrupt_leaves_the_migration_running_and_says_how_to_follow_it(story: Story) -> None:
    left = story.left

    assert left.command.status == 130, left.command.output
    assert "the migration goes on" in left.command.output
    assert "next: invoke migrate follows it again" in left.command.output
    assert "Traceback" not in left.command.output
    assert set(left.statuses.values()) == {"RUNNING"}
    assert left.report["execution"] in left.statuses
    assert (left.report["verdict"], left.report["ended"]) == ("running", None)


def test_the_status_names_the_state_of_a_migration_that_runs(story: Story) -> None:
    assert story.left.status.status == 0, story.left.status.output
    assert "migration: in RequestApproval for" in story.left.status.output


def test_another_run_is_refused_while_one_is_under_way(story: Story) -> None:
    assert story.left.other.status == 2, story.left.other.output
    assert "the migration interrupted is under way" in story.left.other.output


def test_the_same_command_follows_what_was_left_to_its_end(story: Story) -> None:
    assert story.followed.status == 0, story.followed.output
    assert f"following {story.left.report['execution']}" in story.followed.output
    assert "\napproved\n" in story.followed.output
    assert story.followed_report["execution"] == story.left.report["execution"]
    assert story.followed_report["verdict"] == "cut_over"
    assert story.deployment.route()["active"] == "target"


def test_the_status_tells_how_the_latest_of_each_kind_ended(story: Story) -> None:
    assert story.last_status.status == 0, story.last_status.output
    migration, rollback = story.last_status.output.split("rollback:\n")

    assert story.followed_report["execution"].rsplit(":", 1)[-1] in migration
    assert "cut over after" in migration
    assert "rolled back after" in rollback


def test_a_migration_that_is_blocked_ends_with_1_and_says_how_to_go_on(story: Story) -> None:
    assert story.blocked.status == 1, story.blocked.output
    assert "primary-keys (source payments.stray)" in story.blocked.output
    assert "Nothing was changed" in story.blocked.output
    assert "next: mend the cause, then: invoke migrate --run blocked" in story.blocked.output


def test_nothing_to_migrate_is_said_before_anything_is_tried(story: Story) -> None:
    assert story.before_anything.status == 2, story.before_anything.output
    assert "invoke deploy-all" in story.before_anything.output
    assert story.before_the_layer.status == 2, story.before_the_layer.output
    assert "the migration workflow is not deployed in local" in story.before_the_layer.output
    assert story.never_started.status == 0, story.never_started.output
    assert "migration: never started\nrollback: never started\n" in story.never_started.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("migrate", "--environment", "mars"), "mars"),
        (("migrate", "--report", "no/folder/report.json"), "there is no folder"),
        (("migrate", "--approve"), "no migration runs, so there is nothing to approve"),
        (("migrate", "--run", "a/b"), "letters, digits, hyphens or underscores"),
        (("rollback", "--reason", " "), "a rollback needs a reason"),
        (("migration-status", "--report", "no/folder/report.json"), "there is no folder"),
    ],
)
def test_unusable_input_ends_with_2_and_starts_nothing(
    story: Story, arguments: tuple[str, ...], said: str
) -> None:
    before = _statuses(story.deployment)

    ended = story.deployment.checkout.invoke(*arguments)

    assert ended.status == 2, ended.output
    assert said in ended.output
    assert "Traceback" not in ended.output
    assert _statuses(story.deployment) == before
