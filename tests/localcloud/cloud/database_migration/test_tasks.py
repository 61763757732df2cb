"""Tasks through the API: load, follow, stop, resume, reload, delete."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.seed import apply_schema, seed_payments
from tests.localcloud.cloud.database_migration.support import Pair, selecting
from tests.localcloud.conftest import eventually

pytestmark = pytest.mark.postgres

DEPLOYED = Path(__file__).resolve().parents[4] / "stacks" / "migration"
TABLE = "CREATE TABLE item (id int PRIMARY KEY, note text)"
DIGEST = "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} t"
PAYMENTS = ("accounts", "payments", "ledger_entries", "refunds", "payment_events")
SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"
LEFTOVERS = "SELECT count(*) FROM pg_publication"


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def test_the_payments_schema_is_loaded_and_followed_under_a_writer(pair: Pair) -> None:
    source = pair.clusters.settings("source", pair.database)
    for side in ("source", "target"):
        settings = pair.clusters.settings(side, pair.database)
        apply_schema(settings, "app", "app-password", house_accounts=side == "source")
    seed_payments(source, 500, lambda _: None)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            seed_payments(source, 20, lambda _: None)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        task = pair.create_task(
            mappings=(DEPLOYED / "table_mappings.json").read_text(),
            settings=json.loads((DEPLOYED / "task_settings.json").read_text()),
        )
        pair.run(task)
        running = pair.describe(task)
    finally:
        stop.set()
        writer.join()
    for table in PAYMENTS:
        pair.await_same(DIGEST.format(f"payments.{table}"))
    statistics = running["ReplicationTaskStats"]
    assert (statistics["TablesLoaded"], statistics["TablesErrored"]) == (5, 0)
    assert statistics["FullLoadProgressPercent"] == 100
    assert running["RecoveryCheckpoint"]
    ((payments,),) = pair.answer("target", "SELECT count(*) FROM payments.payments")

    def counted() -> bool:
        table = pair.statistics(task)["payments"]
        return bool(table["FullLoadRows"] + table["Inserts"] == payments)

    eventually(counted, 10)
    assert pair.statistics(task)["payments"]["FullLoadRows"] >= 500
    assert pair.statistics(task)["accounts"]["SchemaName"] == "payments"


def test_changes_are_counted_by_table(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.source.execute("INSERT INTO item SELECT n, 'loaded' FROM generate_series(1, 100) n")
    pair.target.execute("INSERT INTO item VALUES (-1, 'truncated before the load')")
    task = pair.create_task()
    pair.run(task)
    pair.source.execute("INSERT INTO item SELECT n, 'new' FROM generate_series(101, 107) n")
    pair.source.execute("UPDATE item SET note = 'changed' WHERE id <= 3")
    pair.source.execute("DELETE FROM item WHERE id IN (10, 11)")

    def counts() -> tuple[int, ...]:
        table = pair.statistics(task)["item"]
        return tuple(table[name] for name in ("FullLoadRows", "Inserts", "Updates", "Deletes"))

    eventually(lambda: counts() == (100, 7, 3, 2), 10)
    assert pair.same("SELECT * FROM item ORDER BY id")
    table = pair.statistics(task)["item"]
    filters = [{"Name": "table-name", "Values": ["other"]}]
    assert not pair.dms.describe_table_statistics(ReplicationTaskArn=task, Filters=filters)[
        "TableStatistics"
    ]
    with pytest.raises(ClientError, match="Invalid filter name: color"):
        filters = [{"Name": "color", "Values": ["blue"]}]
        pair.dms.describe_table_statistics(ReplicationTaskArn=task, Filters=filters)
    assert (table["TableState"], table["ValidationState"]) == ("Table completed", "Not enabled")
    assert table["FullLoadEndTime"] >= table["FullLoadStartTime"]


def test_nothing_is_lost_between_stop_and_resume(pair: Pair) -> None:
    pair.execute(TABLE)
    task = pair.create_task()
    pair.run(task)
    pair.source.execute("INSERT INTO item VALUES (1)")
    pair.await_same("SELECT * FROM item")
    stopped = pair.stop(task)
    assert stopped["StopReason"] == "Stop Reason NORMAL"
    assert stopped["ReplicationTaskStats"]["StopDate"]
    pair.source.execute("INSERT INTO item VALUES (2), (3)")
    pair.source.execute("DELETE FROM item WHERE id = 1")
    assert pair.answer("target", "SELECT id FROM item") == [(1,)]
    assert len(pair.answer("source", SLOTS)) == 1, "a stopped task leaves its slot, as on AWS"
    with pytest.raises(ClientError) as caught:
        pair.start(task)
    assert error_of(caught) == (
        "InvalidParameterCombinationException",
        "Start Type : START_REPLICATION, valid only for tasks running for the first time",
    )
    pair.run(task, "resume-processing")
    pair.await_same("SELECT id FROM item ORDER BY id")

    def counts() -> tuple[int, ...]:
        table = pair.statistics(task)["item"]
        return tuple(table[name] for name in ("FullLoadRows", "Inserts", "Deletes"))

    eventually(lambda: counts() == (0, 3, 1), 10)


def test_a_transaction_that_is_open_while_a_task_rests_is_not_lost(pair: Pair) -> None:
    pair.execute(TABLE)
    task = pair.create_task()
    pair.run(task)
    pair.stop(task)
    with (
        pair.clusters.settings("source", pair.database).connect() as slow,
        slow.transaction(),
    ):
        slow.execute("INSERT INTO item VALUES (1)")
        pair.run(task, "resume-processing")
        pair.source.execute("INSERT INTO item VALUES (2)")
        pair.await_same("SELECT id FROM item")
        pair.stop(task)
    pair.run(task, "resume-processing")
    pair.source.execute("INSERT INTO item VALUES (3)")

    pair.await_same("SELECT id FROM item ORDER BY id")


def test_a_table_that_the_mappings_gain_is_loaded_at_the_resumption(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.execute("CREATE TABLE late (id int PRIMARY KEY)")
    pair.source.execute("INSERT INTO late VALUES (1), (2)")
    task = pair.create_task(mappings=selecting("item"))
    pair.run(task)
    with pytest.raises(ClientError, match="cannot be modified, it is currently running"):
        pair.dms.modify_replication_task(
            ReplicationTaskArn=task, TableMappings=selecting("item", "late")
        )
    pair.stop(task)
    pair.dms.modify_replication_task(
        ReplicationTaskArn=task, TableMappings=selecting("item", "late")
    )
    pair.run(task, "resume-processing")
    assert pair.same("SELECT * FROM late ORDER BY id")
    assert pair.statistics(task)["late"]["FullLoadRows"] == 2


def test_tables_are_reloaded_while_others_go_on(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.execute("CREATE TABLE other (id int PRIMARY KEY)")
    pair.source.execute("INSERT INTO item VALUES (1), (2), (3)")
    task = pair.create_task()
    pair.run(task)
    pair.target.execute("DELETE FROM item WHERE id = 2")
    pair.source.execute("INSERT INTO other VALUES (7)")
    pair.dms.reload_tables(
        ReplicationTaskArn=task, TablesToReload=[{"SchemaName": "public", "TableName": "item"}]
    )
    pair.await_same("SELECT * FROM item ORDER BY id")
    pair.await_same("SELECT * FROM other")
    pair.await_loaded(task)
    pair.source.execute("INSERT INTO item VALUES (4)")
    pair.await_same("SELECT * FROM item ORDER BY id")
    table = pair.statistics(task)["item"]
    assert (table["FullLoadReloaded"], table["FullLoadRows"]) == (True, 3)
    with pytest.raises(ClientError) as caught:
        pair.dms.reload_tables(
            ReplicationTaskArn=task, TablesToReload=[{"SchemaName": "public", "TableName": "no"}]
        )
    assert error_of(caught) == ("InvalidResourceStateFault", "not replicated: public.no")


def test_a_table_that_others_refer_to_is_not_reloaded_alone(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.execute("CREATE TABLE part (id int PRIMARY KEY, item int REFERENCES item)")
    task = pair.create_task()
    pair.run(task)
    with pytest.raises(ClientError, match="a foreign key of table part refers to it"):
        pair.dms.reload_tables(
            ReplicationTaskArn=task,
            TablesToReload=[{"SchemaName": "public", "TableName": "item"}],
        )
    assert pair.describe(task)["Status"] == "running"


def test_the_target_is_reloaded_from_the_beginning(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.source.execute("INSERT INTO item VALUES (1)")
    task = pair.create_task()
    pair.run(task)
    pair.stop(task)
    pair.target.execute("INSERT INTO item VALUES (99)")
    pair.run(task, "reload-target")
    pair.await_same("SELECT * FROM item")
    assert pair.statistics(task)["item"]["FullLoadRows"] == 1


def test_a_full_load_ends_by_itself_and_leaves_nothing(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.source.execute("INSERT INTO item VALUES (1), (2)")
    task = pair.create_task(kind="full-load")
    pair.start(task)
    stopped = pair.await_status(task, "stopped")
    assert stopped["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert pair.statistics(task)["item"]["FullLoadRows"] == 2
    pair.source.execute("INSERT INTO item VALUES (3)")
    assert pair.answer("target", "SELECT id FROM item ORDER BY id") == [(1,), (2,)]
    assert pair.answer("source", SLOTS) == []
    assert pair.answer("source", LEFTOVERS) == [(0,)]


def test_a_task_of_changes_loads_nothing(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.source.execute("INSERT INTO item VALUES (1)")
    task = pair.create_task(kind="cdc", settings={})
    pair.run(task)
    pair.source.execute("INSERT INTO item VALUES (2)")
    eventually(lambda: pair.answer("target", "SELECT id FROM item") == [(2,)], 10)
    eventually(lambda: pair.statistics(task)["item"]["Inserts"] == 1, 10)
    assert pair.statistics(task)["item"]["FullLoadRows"] == 0


def test_changes_are_resumed_from_a_later_position(pair: Pair) -> None:
    pair.execute(TABLE)
    task = pair.create_task(kind="cdc", settings={})
    pair.run(task)
    pair.stop(task)
    pair.source.execute("INSERT INTO item VALUES (1)")
    ((position,),) = pair.answer("source", "SELECT pg_current_wal_lsn()::text")
    pair.source.execute("INSERT INTO item VALUES (2)")
    pair.run(task, "resume-processing", CdcStartPosition=position)
    eventually(lambda: pair.answer("target", "SELECT id FROM item") == [(2,)], 10)


def test_a_deleted_task_leaves_no_slot_and_a_running_one_is_not_deleted(pair: Pair) -> None:
    pair.execute(TABLE)
    task = pair.create_task()
    pair.run(task)
    with pytest.raises(ClientError) as caught:
        pair.dms.delete_replication_task(ReplicationTaskArn=task)
    assert error_of(caught)[0] == "InvalidResourceStateFault"
    pair.delete(task)
    assert pair.answer("source", SLOTS) == []
    assert pair.answer("source", LEFTOVERS) == [(0,)]
    assert pair.answer("target", "SELECT count(*) FROM pg_stat_subscription") == [(0,)]


@pytest.mark.parametrize("gone", ["source", "target"])
def test_a_task_is_deleted_when_one_side_is_gone_already(pair: Pair, gone: str) -> None:
    pair.execute(TABLE)
    endpoints = {side: pair.endpoint(side) for side in ("source", "target")}
    task = pair.create_task(endpoints["source"], endpoints["target"])
    pair.run(task)
    pair.stop(task)
    pair.dms.modify_endpoint(EndpointArn=endpoints[gone], Port=1)
    run = pair.describe(task)
    assert run["Status"] == "stopped"
    pair.delete(task)


def test_tables_without_a_key_take_updates_at_the_source_and_replicate_inserts(
    pair: Pair,
) -> None:
    pair.execute("CREATE TABLE journal (line text)")
    pair.source.execute("INSERT INTO journal VALUES ('loaded')")
    settings: dict[str, Any] = {
        "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"},
        "ValidationSettings": {"EnableValidation": True},
    }
    task = pair.create_task(settings=settings)
    pair.run(task)
    pair.source.execute("UPDATE journal SET line = 'updated'")
    pair.source.execute("INSERT INTO journal VALUES ('inserted')")
    eventually(lambda: len(pair.answer("target", "SELECT line FROM journal")) == 2, 10)
    assert pair.answer("target", "SELECT line FROM journal ORDER BY 1") == [
        ("inserted",),
        ("loaded",),
    ]
    assert pair.statistics(task)["journal"]["ValidationState"] == "No primary key"


def test_truncation_of_the_source_is_not_replicated(pair: Pair) -> None:
    pair.execute(TABLE)
    pair.source.execute("INSERT INTO item VALUES (1)")
    task = pair.create_task()
    pair.run(task)
    pair.source.execute("TRUNCATE item")
    pair.source.execute("INSERT INTO item VALUES (2)")
    eventually(lambda: pair.answer("target", "SELECT id FROM item ORDER BY id") == [(1,), (2,)], 10)


def test_both_directions_at_once_do_not_loop(pair: Pair) -> None:
    pair.execute(TABLE)
    loops = {"LoopbackPreventionSettings": {"EnableLoopbackPrevention": True}}
    forward = pair.create_task(kind="cdc", settings=loops)
    pair.run(forward)
    backward = pair.create_task(
        pair.endpoint("target", kind="source"),
        pair.endpoint("source", kind="target"),
        kind="cdc",
        settings=loops,
    )
    pair.run(backward)
    pair.source.execute("INSERT INTO item VALUES (1, 'source')")
    pair.target.execute("INSERT INTO item VALUES (2, 'target')")
    pair.await_same("SELECT * FROM item ORDER BY id")
    pair.source.execute("UPDATE item SET note = 'again' WHERE id = 2")
    eventually(lambda: pair.answer("target", "SELECT note FROM item WHERE id = 2") == [("again",)])
    eventually(lambda: pair.statistics(backward)["item"]["Inserts"] >= 1, 10)
    for task in (forward, backward):
        assert pair.describe(task)["Status"] == "running"
    assert len(pair.answer("source", "SELECT * FROM item")) == 2
