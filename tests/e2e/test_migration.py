"""A whole migration under load, and the way back: nothing is lost, and no request fails.

The story is told once, in a deployment of its own; each test looks at a part of it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.migrations import SIDES, Clients, Deployment, eventually
from tooling.checkout import Checkout

pytestmark = pytest.mark.campaign

PAYMENTS = 5_000
FEW = 50


@dataclass(frozen=True)
class Moment:
    """What was so after a workflow had ended, with the clients at rest and both sides equal."""

    ended: dict[str, Any]
    visited: list[str]
    route: dict[str, Any]
    admitting: list[str]
    contents: dict[str, list[Any]]
    next_numbers: dict[str, dict[str, int]]
    task_statuses: set[str]
    flags: dict[str, str]
    acknowledged: frozenset[str]

    @property
    def output(self) -> dict[str, Any]:
        """The workflow's output."""
        found: dict[str, Any] = json.loads(self.ended["output"])
        return found

    @property
    def ids(self) -> list[str]:
        """The payments' ids, from the text of their rows."""
        return [row.strip("()").split(",", 1)[0] for (row,) in self.contents["payments"]]


@dataclass(frozen=True)
class Story:
    """The deployment, its clients, and the moments after each workflow."""

    deployment: Deployment
    clients: Clients
    migrated: Moment
    repeated: Moment
    rolled_back: Moment
    migrated_again: Moment


def _run(deployment: Deployment, clients: Clients, purpose: str, **given: Any) -> Moment:
    """Run a workflow while clients work before, during and after it."""
    with clients.busy():
        before = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > before + FEW)
        execution = deployment.start(purpose, **given)
        if given.get("approval"):
            token = deployment.approval_token(execution)
            assert deployment.admitting() == ["source"]
            deployment.states.send_task_success(taskToken=token, output="{}")
        ended = deployment.ended(execution)
        after = len(clients.acknowledged)
        eventually(lambda: len(clients.acknowledged) > after + FEW)
    assert ended["status"] == "SUCCEEDED", ended
    equal = deployment.settle_equal() if purpose == "migration" else deployment.contents("source")
    return Moment(
        ended=ended,
        visited=deployment.visited(execution),
        route=deployment.route(),
        admitting=deployment.admitting(),
        contents=equal,
        next_numbers={side: deployment.next_numbers(side) for side in SIDES},
        task_statuses=deployment.task_statuses(),
        flags={
            name: deployment.parameter(name)
            for name in ("workflow/rotation_paused", "rollback/armed", "rollback/requested")
        },
        acknowledged=frozenset(clients.acknowledged),
    )


@pytest.fixture(scope="module")
def story(make_checkout: Callable[[str], Checkout]) -> Story:
    """Deploy, seed, migrate, repeat the migration, roll back, and migrate again: under load."""
    checkout = make_checkout("migrated")
    assert (deployed := checkout.invoke("deploy-all")).status == 0, deployed.output
    assert (seeded := checkout.invoke("seed", "--payments", str(PAYMENTS))).status == 0, seeded
    deployment = Deployment.of(checkout)
    clients = Clients(deployment.api())
    return Story(
        deployment,
        clients,
        migrated=_run(deployment, clients, "migration", reason="rehearsal", run="first"),
        repeated=_run(deployment, clients, "migration", reason="once more", run="first"),
        rolled_back=_run(deployment, clients, "rollback", reason="slow on the target"),
        migrated_again=_run(
            deployment, clients, "migration", reason="mended", run="second", approval=True
        ),
    )


@pytest.fixture(params=["migrated", "rolled_back", "migrated_again"])
def moment(story: Story, request: pytest.FixtureRequest) -> Moment:
    """The moments after a workflow that moved the traffic, each in turn."""
    found: Moment = getattr(story, request.param)
    return found


def test_no_request_failed(story: Story) -> None:
    assert story.clients.refused == []
    assert len(story.clients.acknowledged) > 8 * FEW


def test_every_acknowledged_payment_is_there_exactly_once(moment: Moment) -> None:
    assert len(moment.ids) == len(set(moment.ids)) == PAYMENTS + len(moment.acknowledged)
    assert moment.acknowledged <= set(moment.ids)


def test_the_traffic_moves_there_and_back_and_one_side_admits(story: Story) -> None:
    moments = (story.migrated, story.rolled_back, story.migrated_again)

    assert [moment.route["active"] for moment in moments] == ["target", "source", "target"]
    assert [moment.admitting for moment in moments] == [["target"], ["source"], ["target"]]
    epochs = [moment.route["epoch"] for moment in moments]
    assert epochs == sorted(set(epochs))


def test_no_sequence_gives_a_number_twice(story: Story) -> None:
    for moment, ahead in ((story.migrated, "target"), (story.rolled_back, "source")):
        (behind,) = (side for side in SIDES if side != ahead)
        assert len(moment.next_numbers[behind]) == 5
        for name, number in moment.next_numbers[behind].items():
            assert moment.next_numbers[ahead][name] > number, name


def test_replication_runs_both_ways_after_a_migration_and_rests_after_a_rollback(
    story: Story,
) -> None:
    assert story.migrated.task_statuses == {"running"}
    assert story.rolled_back.task_statuses == {"stopped"}
    assert story.migrated_again.task_statuses == {"running"}


def test_flags_are_set_by_a_migration_and_restored_by_a_rollback(story: Story) -> None:
    assert story.migrated.flags == {
        "workflow/rotation_paused": "true",
        "rollback/armed": "true",
        "rollback/requested": "false",
    }
    assert set(story.rolled_back.flags.values()) == {"false"}


def test_the_checkpoints_tell_what_was_done(story: Story) -> None:
    written = {
        name: story.deployment.document("checkpoints", f"migration/first/{name}.json")
        for name in ("prepared", "validated", "cut-over")
    }

    for name, checkpoint in written.items():
        assert checkpoint["schema_version"] == 1
        assert checkpoint["checkpoint"] == name
        assert checkpoint["execution"] == story.migrated.ended["executionArn"]
    rows = {each["table"]: each["full_load_rows"] for each in written["validated"]["tables"]}
    assert rows["payments.payments"] >= PAYMENTS
    assert written["validated"]["position"]
    assert written["validated"]["validation"]["verdict"] == "equal"
    assert written["cut-over"]["cutover"]["outcome"] == "cut_over"
    assert written["cut-over"]["validation"]["verdict"] == "equal"


def test_after_the_cutover_the_databases_are_compared_in_the_other_direction(
    story: Story,
) -> None:
    comparisons = []
    for moment, run in ((story.migrated, "first"), (story.migrated_again, "second")):
        visited = moment.visited
        assert visited.index("Verify") < visited.index("CompareAgain")
        assert visited.index("CompareAgain") < visited.index("CheckpointCutOver")
        cut_over = story.deployment.document("checkpoints", f"migration/{run}/cut-over.json")
        key = cut_over["validation"]["report"]["key"]
        assert f"/{run}-after-{moment.route['epoch']}/" in key
        comparisons.append(story.deployment.document("checkpoints", key))

    for report in comparisons:
        assert (report["outcome"], report["conditions"]["direction"]) == ("equal", "reverse")
        assert sum(table["totals"]["target_rows"] for table in report["tables"]) > PAYMENTS


def test_invoke_validate_takes_the_direction_from_the_route(story: Story, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    finished = story.deployment.checkout.invoke(
        "validate", "--schema", "payments", "--ignore", "grant", "--report", str(report)
    )

    assert finished.status == 0, finished.output
    conditions = json.loads(report.read_text("utf-8"))["conditions"]
    assert conditions["direction"] == "reverse"


def test_a_run_that_is_complete_is_not_begun_again(story: Story) -> None:
    assert story.repeated.visited[-1] == "Completed"
    assert "Cutover" not in story.repeated.visited
    assert "PauseRotation" not in story.repeated.visited
    assert story.repeated.route == story.migrated.route


def test_a_rollback_reports_why_and_how_it_ended(story: Story) -> None:
    name = story.rolled_back.ended["name"]
    report = story.deployment.document("rollback", f"rollback/{name}/report.json")

    assert report["reason"] == "slow on the target"
    assert report["outcome"] == "rolled back"
    assert report["failure"] is None
    assert report["problems"] == []
    assert report["run"] == "first"
    assert report["checkpoint"]["checkpoint"] == "cut-over"
    assert report["route"] == story.rolled_back.route


def test_after_a_rollback_replication_resumes_where_it_was(story: Story) -> None:
    checkpoint = story.deployment.document("checkpoints", "migration/second/prepared.json")

    assert checkpoint["tasks"] == {"forward": "stopped", "reverse": "stopped"}
    assert "Validate" in story.migrated_again.visited


def test_a_migration_that_needs_approval_waits_for_it_before_the_cutover(story: Story) -> None:
    visited = story.migrated_again.visited

    assert visited.index("RequestApproval") < visited.index("Cutover")
    assert "RequestApproval" not in story.migrated.visited
