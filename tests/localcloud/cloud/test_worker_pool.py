"""The bound on workers, and which of them are kept."""

import dataclasses
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.cloud.lambda_functions.pool import NoWorkerError, WorkerPool
from localcloud.cloud.lambda_functions.specification import Archive, FunctionSpecification
from localcloud.cloud.lambda_functions.worker import Worker

SPECIFICATION = FunctionSpecification(
    name="lambda-pool",
    version="$LATEST",
    arn="arn:aws:lambda:ap-southeast-1:123456789012:function:lambda-pool",
    region="ap-southeast-1",
    runtime="python3.11",
    handler="app.handler",
    memory_mb=128,
    timeout_seconds=3,
    log_group="/aws/lambda/lambda-pool",
    code=Archive("digest", b""),
)
OTHER = dataclasses.replace(SPECIFICATION, arn=f"{SPECIFICATION.arn}-other")


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WorkerPool]:
    """A pool of at most two workers, for which an invocation waits a fifth of a second."""
    (tmp_path / "app.py").write_text("def handler(event, context): return 1")

    def start(_: FunctionSpecification) -> Worker:
        return Worker(
            code=tmp_path,
            layers=[],
            managed_runtime=tmp_path,
            environment={"PATH": str(Path(sys.executable).parent), "_HANDLER": "app.handler"},
            log_stream="stream",
        )

    pool = WorkerPool(start, maximum=2, wait_seconds=0.2)
    yield pool
    pool.stop()


def test_an_idle_worker_is_used_again(pool: WorkerPool) -> None:
    worker = pool.acquire(SPECIFICATION)
    pool.release(SPECIFICATION, worker)
    again = pool.acquire(SPECIFICATION)
    assert again is worker
    pool.release(SPECIFICATION, again)


def test_beyond_the_bound_an_invocation_waits_for_a_free_worker(pool: WorkerPool) -> None:
    first, second = pool.acquire(SPECIFICATION), pool.acquire(SPECIFICATION)
    with pytest.raises(NoWorkerError):
        pool.acquire(SPECIFICATION)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.acquire, SPECIFICATION)
        pool.release(SPECIFICATION, first)
        assert waiting.result(5) is first
    for worker in (first, second):
        pool.release(SPECIFICATION, worker)


def test_an_idle_worker_of_another_function_makes_room(pool: WorkerPool) -> None:
    idle, busy = pool.acquire(SPECIFICATION), pool.acquire(SPECIFICATION)
    pool.release(SPECIFICATION, idle)
    other = pool.acquire(OTHER)
    assert not idle.alive
    assert other.alive
    pool.release(OTHER, other)
    pool.release(SPECIFICATION, busy)


def test_workers_of_an_older_configuration_end(pool: WorkerPool) -> None:
    newer = dataclasses.replace(SPECIFICATION, memory_mb=256)
    idle, busy = pool.acquire(SPECIFICATION), pool.acquire(SPECIFICATION)
    pool.release(SPECIFICATION, idle)
    current = pool.acquire(newer)
    assert not idle.alive
    pool.release(SPECIFICATION, busy)
    assert not busy.alive
    pool.release(newer, current)
    assert current.alive
