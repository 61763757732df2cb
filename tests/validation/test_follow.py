"""A deployed run is followed by what its checkpoints say, as far as they have been written."""

import io
from pathlib import Path

from rich.console import Console

from functions.data_validation import cursor_json
from functions.data_validation.checkpoints import PLAN, FolderStore, item
from functions.data_validation.cursor import Cursor, Item, Totals
from functions.data_validation.preparation import Plan, PlannedTable, Selection, dump_plan
from functions.data_validation.report import Conditions
from validation.follow import Follower
from validation.progress import LineWatch

ITEMS = tuple(Item("shop", "orders", number, estimated_rows=100) for number in range(2))


def test_rows_of_all_parts_of_a_table_are_told_as_they_come(tmp_path: Path) -> None:
    store, watch = FolderStore(tmp_path), LineWatch(Console(file=io.StringIO()))
    follower = Follower(store, watch)
    follower.look()
    plans = [watch.plan]

    conditions = Conditions("17", "18", "record", (), 0, "none", schema_compared=False)
    table = PlannedTable("shop.orders", 200, (), None)
    plan = Plan("a-run", "now", Selection(), "", conditions, (), (), (table,), ITEMS)
    store.save(PLAN, dump_plan(plan))
    follower.look()
    plans.append(watch.plan)
    assert plans == [None, plan]
    assert (watch.done, watch.expected) == (0, 200)

    for number, rows, finished in ((0, 40, False), (1, 90, True), (0, 100, True)):
        cursor = Cursor(ITEMS[number], finished=finished, totals=Totals(source_rows=rows))
        store.save(item(number), cursor_json.dump(cursor))
        follower.look()

    assert (watch.done, watch.expected) == (190, 190)
