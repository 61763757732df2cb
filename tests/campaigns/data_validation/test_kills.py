"""Killed at random moments and gone on with by another process, a comparison says the same."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from functions.data_validation.cursor import Cursor
from functions.data_validation.sessions import Sides
from tests.campaigns.data_validation.compare import Task, compare, reached, session, task
from tests.functions.data_validation.engine import counts, found
from tests.functions.data_validation.support import Databases

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1_200)]

ROWS = 20_000
COLUMNS = "id bigint, amount numeric(12, 2), note text"
EDITS = """
    DELETE FROM {table} WHERE id % 1009 = 1;
    UPDATE {table} SET amount = amount + 0.01 WHERE id % 1013 = 2;
    UPDATE {table} SET note = NULL WHERE id % 2003 = 3;
    INSERT INTO {table} SELECT i, 0, 'extra' FROM generate_series(-5, 0) AS i;
    INSERT INTO {table} SELECT i, 0, 'extra' FROM generate_series(100001, 100007) AS i;
"""
KEYS = {"keyed": "ALTER TABLE {table} ADD PRIMARY KEY (id);", "keyless": ""}
MOST_KILLS = 200
START_SECONDS = 60.0


def fill(databases: Databases, table: str, key: str) -> None:
    databases.execute(
        f"CREATE TABLE {table} ({COLUMNS});"
        f"INSERT INTO {table} SELECT i, i / 7.0, 'note ' || i FROM generate_series(1, {ROWS}) i;"
        f"{key.format(table=table)} ANALYZE {table}"
    )
    databases.target.execute(EDITS.format(table=table).encode())


def in_one_go(job: Task) -> Cursor:
    sides = Sides(*(session(job, port) for port in job.ports))
    try:
        compare(job, sides)
    finally:
        sides.both(lambda opened: opened.close())
    return reached(job)


def start(job: Task) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.campaigns.data_validation.compare", json.dumps(asdict(job))],
        stdout=subprocess.DEVNULL,
    )


def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


def killed(job: Task, seconds: float) -> bool:
    """Start a process, and kill it so long after it got further; tell whether it was alive."""
    before = reached(job)
    process = start(job)
    try:
        until(lambda: process.poll() is not None or reached(job) != before, START_SECONDS)
        until(lambda: process.poll() is not None, seconds)
        return process.poll() is None
    finally:
        process.kill()
        process.wait()


def killed_at_random(job: Task, moments: random.Random) -> tuple[Cursor, int]:
    """Kill process after process until one ends by itself; return what was found and the kills."""
    kills = 0
    while not reached(job).finished:
        kills += killed(job, moments.uniform(0, 0.5))
        assert kills <= MOST_KILLS
    return reached(job), kills


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KEYS)
def test_processes_that_are_killed_end_with_the_verdict_of_one_that_is_not(
    databases: Databases, tmp_path: Path, kind: str, seed: int
) -> None:
    fill(databases, "t", KEYS[kind])
    limits = {"first_chunk_rows": 500, "max_chunk_rows": 500, "max_pass_rows": 2_000}
    whole = in_one_go(task(databases, "t", tmp_path / "whole", **limits))
    # At a rate that leaves time to be killed, however fast the machine is.
    job = task(databases, "t", tmp_path / "killed", **limits, max_rate=4_000)
    resumed, kills = killed_at_random(job, random.Random(seed))
    assert kills >= 3
    assert len(whole.findings) > 40
    assert found(resumed) == found(whole)
    assert set(resumed.findings) == set(whole.findings)
    assert counts(resumed.totals) == counts(whole.totals)
