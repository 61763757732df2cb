"""Settings, counters, latencies, names and logs: what needs no server."""

import json
from datetime import UTC, datetime

import pytest

from localcloud.replication import MappingError, TableCounter, object_name, parse_settings
from localcloud.replication.counters import Changes, TableReading
from localcloud.replication.errors import ReplicationError
from localcloud.replication.latency import LatencyClock
from localcloud.replication.slots import as_bytes
from localcloud.replication.worker_log import last_error

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def line(process: int, text: str, client: str = "") -> str:
    return f"2026-01-01 00:00:00 UTC:{client}:@:[{process}]:{text}\n"


def started(process: int, kind: str, subscription: str, table: str = "") -> str:
    of_table = f', table "{table}"' if table else ""
    text = f'logical replication {kind} worker for subscription "{subscription}"{of_table}'
    return line(process, f"LOG:  {text} has started")


LOG = "".join(
    [
        started(10, "apply", "mine"),
        started(11, "apply", "other"),
        started(12, "table synchronization", "mine", "item"),
        line(12, 'ERROR:  duplicate key value violates unique constraint "item_pkey"'),
        line(12, "DETAIL:  Key (note)=(secret) already exists."),
        line(12, 'CONTEXT:  COPY item, line 1: "1 secret"'),
        line(11, "ERROR:  of somebody else"),
        line(13, "ERROR:  of a client", "127.0.0.1(5000)"),
    ]
)


def test_settings_of_the_deployed_kind_are_read() -> None:
    settings = parse_settings(
        json.dumps(
            {
                "TargetMetadata": {"SupportLobs": True, "FullLobMode": True},
                "FullLoadSettings": {
                    "TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD",
                    "TransactionConsistencyTimeout": 60,
                },
                "ErrorBehavior": {
                    "FailOnNoTablesCaptured": False,
                    "ApplyErrorDeletePolicy": "STOP_TASK",
                },
                "LoopbackPreventionSettings": {"EnableLoopbackPrevention": True},
                "BeforeImageSettings": None,
            }
        )
    )
    assert settings.preparation == "TRUNCATE_BEFORE_LOAD"
    assert settings.transaction_seconds == 60
    assert settings.prevents_loops
    assert settings.stops_on_missing_row
    assert settings.full_lobs
    assert not settings.fails_on_no_tables
    assert not settings.validates


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"FullLoadSettings": {"TargetTablePrepMode": "EMPTY"}}']
)
def test_settings_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(MappingError):
        parse_settings(text)


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("FullLoadSettings", {"CreatePkAfterFullLoad": True}),
        ("TTSettings", {"EnableTT": True}),
        ("PostProcessingRules", {"any": "thing"}),
    ],
)
def test_settings_that_cannot_be_followed_are_refused_by_name(group: str, value: object) -> None:
    with pytest.raises(NotImplementedError, match=group):
        parse_settings(json.dumps({group: value}))


def test_a_loaded_tables_changes_are_counted_apart_from_its_load() -> None:
    counter = TableCounter(keyed=True, loads=True)
    counter.begin(Changes(inserts=1000))
    counter.take(TableReading("d", Changes(inserts=1000), copying=40), NOW)
    assert (counter.state, counter.load_rows) == ("Full load", 40)
    counter.take(TableReading("r", Changes(inserts=1100)), NOW)
    counter.take(TableReading("r", Changes(inserts=1107, updates=3, deletes=2)), NOW)
    assert (counter.load_rows, counter.applied) == (100, Changes(7, 3, 2))


def test_what_happens_to_a_table_while_its_task_is_stopped_is_not_counted() -> None:
    counter = TableCounter(keyed=True, loads=False)
    counter.begin(Changes(inserts=10))
    counter.take(TableReading("r", Changes(inserts=15)), NOW)
    counter.begin(Changes(inserts=500))
    counter.take(TableReading("r", Changes(inserts=502, deletes=1)), NOW)
    assert counter.applied == Changes(inserts=7, deletes=1)


def test_a_reloaded_table_is_counted_from_nothing() -> None:
    counter = TableCounter(keyed=True, loads=True)
    counter.begin(Changes())
    counter.take(TableReading("r", Changes(inserts=10)), NOW)
    counter.take(TableReading("r", Changes(inserts=15)), NOW)
    counter.restart(Changes(inserts=15))
    counter.take(TableReading("r", Changes(inserts=27)), NOW)
    assert (counter.load_rows, counter.applied, counter.reloaded) == (12, Changes(), True)


def test_a_positions_lag_is_the_time_since_the_log_went_past_it() -> None:
    clock = LatencyClock()
    for now, end in ((0.0, 100), (1.0, 200), (2.0, 200), (3.0, 300)):
        clock.note(now, end)
    assert clock.latency(5.0, 300) == 0.0
    assert clock.latency(5.0, 299) == 2.0
    assert clock.latency(5.0, 150) == 4.0
    clock.forget_before(200)
    assert clock.latency(5.0, 250) == 2.0


def test_the_last_error_is_the_subscriptions_own_and_tells_no_values() -> None:
    error = last_error(LOG, "mine")
    assert error is not None
    assert error.message == (
        'duplicate key value violates unique constraint "item_pkey" CONTEXT: COPY item, line 1'
    )
    assert error.table == "item"
    assert not error.is_recoverable
    assert last_error(LOG, "absent") is None


def test_a_lost_connection_is_recoverable() -> None:
    lost = line(10, "ERROR:  could not connect to the publisher: refused")
    error = last_error(LOG + lost, "mine")
    assert error is not None
    assert error.is_recoverable
    assert error.table is None


def test_names_fit_a_slot_and_differ_between_tasks() -> None:
    arns = [f"arn:aws:dms:{region}:1:task:{'Payments-' * 30}" for region in ("a", "b")]
    names = {object_name(arn) for arn in arns}
    assert len(names) == 2
    for name in names:
        assert len(f"{name}_inserts") <= 63
        assert name.replace("_", "").isalnum()
        assert name == name.lower()


def test_positions_are_those_of_postgresql() -> None:
    assert as_bytes("16/B374D848") == (0x16 << 32) + 0xB374D848
    for text in ("2026-01-01T00:00:00", "checkpoint:V1#27", ""):
        with pytest.raises(ReplicationError, match="no position"):
            as_bytes(text)
