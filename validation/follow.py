"""How far a deployed run has come, read from its checkpoints."""

import re

from functions.data_validation import cursor_json
from functions.data_validation.checkpoints import PLAN, Store, item
from functions.data_validation.cursor import Cursor
from functions.data_validation.preparation import load_plan
from functions.data_validation.report import added
from validation.progress import Watch

_ITEM = re.compile(r"items/(\d+)\.json")


class Follower:
    """Tells a watch what the checkpoints say; each call of `look` reads what may have changed."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store = store
        self._watch = watch
        self._cursors: list[Cursor] | None = None

    def look(self) -> None:
        """Read the checkpoints that are not known to be finished. Raises CheckpointError."""
        names = self._store.names()
        if self._cursors is None:
            self._begin(names)
        changed = {number for number in self._numbers(names) if not self._known(number).finished}
        for number in sorted(changed):
            document = self._store.load(item(number))
            if document is not None:
                self._come(number, cursor_json.load(document))

    def _begin(self, names: tuple[str, ...]) -> None:
        document = self._store.load(PLAN) if PLAN in names else None
        if document is None:
            return
        plan = load_plan(document)
        self._cursors = [Cursor(one) for one in plan.items]
        self._watch.planned(plan, rows_before=0)

    def _numbers(self, names: tuple[str, ...]) -> list[int]:
        if self._cursors is None:
            return []
        found = (_ITEM.fullmatch(name) for name in names)
        return [int(match[1]) for match in found if match and int(match[1]) < len(self._cursors)]

    def _known(self, number: int) -> Cursor:
        assert self._cursors is not None
        return self._cursors[number]

    def _come(self, number: int, cursor: Cursor) -> None:
        assert self._cursors is not None
        self._cursors[number] = cursor
        whole = (cursor.item.schema, cursor.item.name)
        of_table = [c for c in self._cursors if (c.item.schema, c.item.name) == whole]
        self._watch.advanced(
            ".".join(whole),
            added(c.totals for c in of_table),
            finished=all(c.finished for c in of_table),
        )
