"""A call that is killed anywhere leaves something that settle finishes, one way or the other."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from functions.cutover.decisions import other
from functions.runtime.route import Side
from tests.functions.cutover.messages import AFTER, BEFORE, SENT
from tests.functions.cutover.pair import SCHEMA, WRITE, Pair, eventually
from tests.functions.support import MASTER, REGION

pytestmark = pytest.mark.postgres

CHECKOUT = Path(__file__).resolve().parents[3]
UNDECIDED = [
    ("fence", BEFORE),
    ("fence", AFTER),
    ("read sequences", AFTER),
    ("drain", SENT),
    ("open", BEFORE),
    ("open", AFTER),
    ("decide", BEFORE),
]
EITHER = [("fence", SENT), ("open", SENT), ("decide", SENT)]
DECIDED = [("decide", AFTER), ("route", BEFORE), ("route", AFTER)]


class Victims:
    """The program that `victim` is; one child at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.functions.cutover.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )

    def start(self, pair: Pair, to: Side, **order: Any) -> int:
        """Let a child cut over to a side, and die or freeze as told; return its process id."""
        servers = {side: pair.settings(side) for side in Side}
        self.write(
            json.dumps(
                {
                    "servers": {
                        side: {"host": each.host, "port": each.port, "database": each.dbname}
                        for side, each in servers.items()
                    },
                    "login": MASTER,
                    "authority": pair.clusters.authority.pem,
                    "environment": pair.environment,
                    "route": pair.route_name,
                    "workflow": pair.workflow_path,
                    "ssm": {
                        "endpoint_url": pair.parameters.meta.endpoint_url,
                        "region_name": REGION,
                        "aws_access_key_id": "test",
                        "aws_secret_access_key": "test",
                    },
                    "to": to.value,
                    **order,
                }
            )
        )
        return int(self.read())

    def write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the program of the victims has ended"
        return line.strip()

    def stop(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    program = Victims()
    yield program
    program.stop()


def check_settled(pair: Pair, active: Side) -> None:
    """Check that one side has the traffic, for the application as for everybody."""
    standby = other(active)
    assert pair.admits(active) == (True, True)
    assert pair.admits(standby) == (False, False)
    assert pair.route.active is active
    rows = pair.rows()
    assert (rows[active.value][0], rows[standby.value][0]) == ("open", "closed")
    assert rows[active.value][1] == rows[standby.value][1] >= pair.route.epoch
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid"
    for side in Side:
        found = pair.query(side, f"{locks} FROM pg_database WHERE datname = current_database())")
        assert found == [(0,)]


@pytest.mark.parametrize(("message", "when"), [*UNDECIDED, *EITHER, *DECIDED])
def test_a_killed_cutover_is_settled_one_way_or_the_other(
    pair: Pair, victims: Victims, message: str, when: str
) -> None:
    leave = pair.route.active
    before = pair.route
    key = str(uuid4())
    pair.query(leave, WRITE.format(key))

    victims.start(pair, other(leave), die_at=(message, when))
    assert victims.read() == str(-signal.SIGKILL)
    answer = pair.settle()

    active = Side(answer["active"])
    if (message, when) in UNDECIDED:
        assert active is leave
    if (message, when) in DECIDED:
        assert active is other(leave)
    if active is leave:
        assert pair.route == before
    else:
        assert pair.route.epoch > before.epoch
    check_settled(pair, active)
    assert pair.query(active, f"SELECT count(*) FROM {SCHEMA}.payments WHERE id = '{key}'") == [
        (1,)
    ]
    assert pair.settle() == answer


def test_a_cutover_killed_while_it_waits_for_a_lock_is_settled(
    pair: Pair, victims: Victims
) -> None:
    leave = pair.route.active
    with (
        pair.limited(fence_lock_timeout_milliseconds=800, fence_attempts=1),
        pair.application(leave, autocommit=False) as writer,
    ):
        writer.execute(WRITE.format(uuid4()).encode())
        pid = victims.start(pair, other(leave))
        eventually(
            lambda: pair.query(
                leave,
                "SELECT 1 FROM pg_locks WHERE mode = 'ExclusiveLock'"
                " AND locktype = 'relation' AND NOT granted",
            )
        )
        os.kill(pid, signal.SIGKILL)
        assert victims.read() == str(-signal.SIGKILL)
    assert pair.settle()["active"] == leave
    check_settled(pair, leave)


def test_a_frozen_call_that_wakes_up_after_it_was_undone_changes_nothing(
    pair: Pair, victims: Victims
) -> None:
    """Its sessions were ended meanwhile, as the server does with those of a frozen worker."""
    leave = pair.route.active
    victims.start(pair, other(leave), freeze_at=("open", BEFORE))
    assert victims.read() == "frozen"
    end_sessions(pair)
    settled = pair.settle()
    assert settled["active"] == leave
    rows = pair.rows()

    victims.write("wake up")

    assert json.loads(victims.read())["outcome"] == "not_cut_over"
    assert victims.read() == "0"
    assert pair.rows() == rows
    check_settled(pair, leave)


def test_a_frozen_call_that_wakes_up_after_its_decision_was_completed_agrees(
    pair: Pair, victims: Victims
) -> None:
    leave = pair.route.active
    victims.start(pair, other(leave), freeze_at=("route", BEFORE))
    assert victims.read() == "frozen"
    end_sessions(pair)
    assert pair.settle()["active"] == other(leave)
    route = pair.route

    victims.write("wake up")

    assert json.loads(victims.read())["outcome"] == "cut_over"
    assert victims.read() == "0"
    assert pair.route == route
    check_settled(pair, other(leave))


def test_a_frozen_call_that_wakes_up_after_a_rollback_repairs_the_route_it_overwrites(
    pair: Pair, victims: Victims
) -> None:
    """Parameter Store has no conditional write; what the sides say holds in the end."""
    leave = pair.route.active
    victims.start(pair, other(leave), freeze_at=("route", BEFORE))
    assert victims.read() == "frozen"
    end_sessions(pair)
    assert pair.settle()["active"] == other(leave)
    assert pair.cutover(leave)["outcome"] == "cut_over"
    route = pair.route

    victims.write("wake up")

    assert json.loads(victims.read())["outcome"] == "not_cut_over"
    assert victims.read() == "0"
    assert pair.route == route
    check_settled(pair, leave)


def end_sessions(pair: Pair) -> None:
    """End the sessions of a cutover, as idle_session_timeout does in the end."""
    for side in Side:
        pair.query(
            side,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'cutover' AND datname = current_database()",
        )
