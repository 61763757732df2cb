"""Comparing ten million rows takes no more memory than comparing a hundred thousand."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.campaigns.data_validation.compare import reached, task
from tests.functions.data_validation.support import Databases

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1_800)]

SMALL, LARGE = 100_000, 10_000_000
MOST_GROWTH = 1.2
DIFFERENCES = 100
KEYS = {"keyed": "ALTER TABLE {table} ADD PRIMARY KEY (id);", "keyless": ""}


def fill(databases: Databases, table: str, rows: int, key: str) -> None:
    """Make a table of narrow rows on both sides at once, with differences on the target."""
    script = (
        f"CREATE UNLOGGED TABLE {table} AS SELECT i AS id, i % 1000 AS amount"
        f" FROM generate_series(1::bigint, {rows}) AS i;"
        f"{key.format(table=table)} ANALYZE {table};"
    )
    planted = f"UPDATE {table} SET amount = -1 WHERE id % {rows // DIFFERENCES} = 7;"
    with ThreadPoolExecutor(2) as pool:
        on_source = pool.submit(databases.source.execute, script.encode())
        databases.target.execute((script + planted).encode())
        on_source.result()


def peak_kilobytes(databases: Databases, table: str, rows: int, folder: Path) -> int:
    """Compare in a process of its own; return the most memory that it had."""
    job = task(databases, table, folder / table)
    completed = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.data_validation.compare", json.dumps(asdict(job))],
        check=True,
        capture_output=True,
        text=True,
    )
    cursor = reached(job)
    assert cursor.walked
    assert cursor.totals.source_rows == cursor.totals.target_rows == rows
    found_per_row = 1 if table.startswith("keyed") else 2
    assert len(cursor.findings) == DIFFERENCES * found_per_row
    return int(completed.stdout)


@pytest.mark.parametrize("kind", KEYS)
def test_memory_does_not_grow_with_the_table(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    peaks = {}
    for rows in (SMALL, LARGE):
        table = f"{kind}_{rows}"
        fill(databases, table, rows, KEYS[kind])
        peaks[rows] = peak_kilobytes(databases, table, rows, tmp_path)
    sys.stderr.write(f"\n{kind}: peak memory in kB by rows {peaks}\n")
    assert peaks[LARGE] <= MOST_GROWTH * peaks[SMALL]
