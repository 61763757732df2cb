"""Writers on the source, and differences planted on the target, for comparisons of live tables.

`accounts` has a key; rows 1 to HOT are updated all the time, those up to BUSY by all kinds of
statements, those up to WARM now and then, the rest never. `journal` has no key.
"""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, LiteralString

import psycopg

from functions.data_validation.cursor import FindingKind
from tests.functions.data_validation.replication import Replication

HOT = 3
BUSY = 300
WARM = 320
ROWS = 1_200
MOVED = 1_000_000
"""Added to a key by updates of the key, and taken away again by others."""

TABLES: LiteralString = """
    CREATE TABLE accounts (
        id bigint PRIMARY KEY, balance numeric NOT NULL, note text, details jsonb,
        changed timestamptz NOT NULL DEFAULT now());
    CREATE TABLE journal (entry text, amount numeric);
    ALTER TABLE journal REPLICA IDENTITY FULL;
    CREATE TABLE sentinel (id int PRIMARY KEY, value bigint NOT NULL);
"""
FILL: LiteralString = """
    INSERT INTO accounts (id, balance, note, details)
    SELECT i, i / 100.0, 'note ' || i, jsonb_build_object('i', i) FROM generate_series(1, {}) AS i;
    INSERT INTO journal VALUES ('left alone', 1), ('left alone', 1);
    INSERT INTO journal SELECT 'entry ' || i % 100, i % 10 FROM generate_series(1, 400) AS i;
"""

# A fault of the replication itself: whatever arrives for these rows is written wrongly.
FAULT: LiteralString = """
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.note := NEW.note || ' '; RETURN NEW; END $$;
    CREATE TRIGGER spoil BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW
    WHEN (NEW.id IN ({})) EXECUTE FUNCTION spoil();
    ALTER TABLE accounts ENABLE ALWAYS TRIGGER spoil;
"""

SPOILED_WARM = BUSY + 1
LOST_WARM = BUSY + 2
LOST = 700
SPOILED = 800
EXTRA_BELOW = -5
EXTRA_ABOVE = 9_000_000
PLANTED = {
    (FindingKind.MISSING, f'"id" = {LOST_WARM}'),
    (FindingKind.MISSING, f'"id" = {LOST}'),
    (FindingKind.EXTRA, f'"id" = {EXTRA_BELOW}'),
    (FindingKind.EXTRA, f'"id" = {EXTRA_ABOVE}'),
    (FindingKind.DIFFERENT, f'"id" = {SPOILED_WARM}'),
    (FindingKind.DIFFERENT, f'"id" = {SPOILED}'),
}
"""What `plant` does to accounts. To the journal: one row more, and one row less."""

Statement = tuple[str, tuple[Any, ...]]


def prepare(replication: Replication) -> None:
    """Make both tables on both sides, fill the source's, and replicate them."""
    replication.databases.execute(TABLES)
    replication.source.execute(FILL.format(ROWS).encode())
    replication.start(["accounts", "journal", "sentinel"])
    replication.await_copied()


def plant(replication: Replication) -> None:
    """Plant differences on the target, where writers come by now and then, and where they do not.

    An update that arrives later mends a row that has other values, so those go on going wrong.
    """
    target = replication.target
    target.execute(FAULT.format(SPOILED_WARM).encode())
    target.execute("UPDATE accounts SET note = note WHERE id = %s", (SPOILED_WARM,))
    target.execute("UPDATE accounts SET note = 'other' WHERE id = %s", (SPOILED,))
    target.execute("DELETE FROM accounts WHERE id IN (%s, %s)", (LOST, LOST_WARM))
    target.execute(
        "INSERT INTO accounts (id, balance) VALUES (%s, 1), (%s, 2)", (EXTRA_BELOW, EXTRA_ABOVE)
    )
    target.execute("INSERT INTO journal VALUES ('entry planted', 1)")
    target.execute(
        "DELETE FROM journal WHERE ctid ="
        " (SELECT ctid FROM journal WHERE entry = 'left alone' LIMIT 1)"
    )


def lagging(replication: Replication, chance: random.Random) -> None:
    """Hold the target back for a moment."""
    with replication.held_back(chance.choice(["accounts", "journal"])):
        time.sleep(chance.uniform(0, 0.4))


def crashing(replication: Replication, chance: random.Random) -> None:
    """Hold the target back, end the apply worker, or stop the subscription for a moment."""
    kind = chance.randrange(4)
    if kind == 0:
        replication.end_worker()
    elif kind == 1:
        replication.disable()
        time.sleep(chance.uniform(0, 1))
        replication.enable()
    else:
        lagging(replication, chance)


def _balance(chance: random.Random) -> str:
    return str(chance.randrange(10_000) / 100)


def _busy(chance: random.Random) -> list[Statement]:
    """Return a transaction on a busy row."""
    key = chance.randint(HOT + 1, BUSY)
    update = (
        "UPDATE accounts SET balance = %s, changed = now() WHERE id = %s",
        (_balance(chance), key),
    )
    insert = (
        "INSERT INTO accounts (id, balance, note) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (key, _balance(chance), "written"),
    )
    delete = ("DELETE FROM accounts WHERE id = %s", (key,))
    there_and_back = ("UPDATE accounts SET note = %s WHERE id = %s", ("b", key))
    back = ("UPDATE accounts SET note = %s WHERE id = %s", ("a", key))
    away = (
        "UPDATE accounts SET id = id + %s WHERE id = %s"
        " AND NOT EXISTS (SELECT FROM accounts WHERE id = %s)",
        (MOVED, key, key + MOVED),
    )
    home = (
        "UPDATE accounts SET id = id - %s WHERE id = %s"
        " AND NOT EXISTS (SELECT FROM accounts WHERE id = %s)",
        (MOVED, key + MOVED, key),
    )
    kinds: list[list[Statement]] = [
        [update],
        [update],
        [insert],
        [delete],
        [delete, insert],
        [there_and_back, back],
        [away],
        [home],
    ]
    return chance.choice(kinds)


def _hot(chance: random.Random) -> list[Statement]:
    key = chance.randint(1, HOT)
    return [
        (
            "UPDATE accounts SET balance = balance + 1, changed = clock_timestamp() WHERE id = %s",
            (key,),
        )
    ]


def _warm(chance: random.Random) -> list[Statement]:
    key = chance.randint(BUSY + 1, WARM)
    return [("UPDATE accounts SET balance = %s WHERE id = %s", (_balance(chance), key))]


def _journal(chance: random.Random) -> list[Statement]:
    entry = f"entry {chance.randrange(100)}"
    insert = ("INSERT INTO journal VALUES (%s, %s)", (entry, chance.randrange(10)))
    delete = (
        "DELETE FROM journal WHERE ctid = (SELECT ctid FROM journal WHERE entry = %s LIMIT 1)",
        (entry,),
    )
    return chance.choice([[insert], [delete], [delete, insert]])


@contextlib.contextmanager
def writers(replication: Replication, seed: int) -> Iterator[None]:
    """Write to the source from several sessions until the block ends."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(kind: Callable[[random.Random], list[Statement]], pause: float, number: int) -> None:
        chance = random.Random(seed * 100 + number)
        try:
            with replication.databases.settings("source").connect() as connection:
                while not stop.wait(chance.uniform(0, 2 * pause)):
                    with (
                        contextlib.suppress(psycopg.errors.UniqueViolation),
                        connection.transaction(),
                    ):
                        for statement, parameters in kind(chance):
                            connection.execute(statement.encode(), parameters)
        except BaseException as error:
            failures.append(error)

    kinds = [(_hot, 0.004), (_busy, 0.006), (_busy, 0.006), (_warm, 0.1), (_journal, 0.03)]
    threads = [
        threading.Thread(target=write, args=(kind, pause, number))
        for number, (kind, pause) in enumerate(kinds)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, failures


@contextlib.contextmanager
def troubled(
    replication: Replication, seed: int, trouble: Callable[[Replication, random.Random], None]
) -> Iterator[None]:
    """Make trouble again and again until the block ends."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def make() -> None:
        chance = random.Random(seed)
        try:
            while not stop.wait(chance.uniform(0, 0.3)):
                trouble(replication, chance)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures, failures
