"""Long runs of what is random: live comparisons with a replication that crashes, and the model."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from functions.data_validation.cursor import Verdict
from tests.functions.data_validation import test_suspects as model
from tests.functions.data_validation.replication import (
    ReplicatingClusters,
    replicating_clusters,
    replication,
)
from tests.functions.data_validation.test_live import LIMITS, compared
from tests.functions.data_validation.workload import (
    PLANTED,
    crashing,
    plant,
    prepare,
    troubled,
    writers,
)

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1200)]

SEEDS = 8
COMPARISONS = 5
PATIENT = replace(LIMITS, recheck_seconds=60.0)
"""A row that is hot takes some rounds to be cleared, and the target is stopped half the time."""


@pytest.fixture(scope="module")
def replicating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicatingClusters]:
    with replicating_clusters(tmp_path_factory.mktemp("replicating")) as clusters:
        yield clusters


@pytest.mark.postgres
@pytest.mark.parametrize("run", range(SEEDS))
@pytest.mark.parametrize("choice", ["auto", "sentinel:public.sentinel"])
def test_crashes_and_lag_raise_no_alarm_and_hide_no_difference(
    replicating: ReplicatingClusters, run: int, choice: str
) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"run {run}, seed {seed}")
    with replication(replicating) as stream:
        prepare(stream)
        with writers(stream, seed), troubled(stream, seed, crashing):
            for _ in range(COMPARISONS):
                for table in ("accounts", "journal"):
                    assert compared(stream, table, choice, PATIENT).findings == ()
            plant(stream)
            for _ in range(COMPARISONS):
                accounts = compared(stream, "accounts", choice, PATIENT).findings
                assert {(finding.kind, finding.where) for finding in accounts} == PLANTED
                journal = compared(stream, "journal", choice, PATIENT).findings
                assert len(journal) == 2
                assert {f.verdict for f in (*accounts, *journal)} == {Verdict.PERSISTENT}


@pytest.mark.parametrize("world", model.WORLDS)
def test_the_model_at_length(world: type[model.World]) -> None:
    run_state_machine_as_test(world, settings=settings(model.THOROUGH, max_examples=2_000))
