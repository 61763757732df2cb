"""Differences of rows: their number, their place, NULL and '', values in the wrong column."""

from collections.abc import Iterator

from tests.functions.data_validation.corpus.model import (
    SCHEMA,
    Case,
    Expected,
    case,
    create,
    different,
    extra,
    missing,
)

CHUNK_ROWS = 10
"""Rows of a chunk for which the cases `place_…` have their differences at a chunk's edges."""

SEPARATORS = {
    "pipe": "|",
    "comma": ",",
    "semicolon": ";",
    "colons": "::",
    "blank": " ",
    "tab": "\t",
    "newline": "\n",
    "unit_separator": "\x1f",
    "start_of_heading": "\x01",
    "quote": '"',
    "quoted_comma": '","',
    "apostrophe": "'",
    "backslash": "\\",
    "parentheses": ")(",
    "null_text": "<null>",
    "dashes": "--",
    "hash": "#",
    "nothing": "",
}
_CONFUSED: tuple[tuple[str | None, str | None], ...] = (
    (None, ""),
    (None, "<null>"),
    (None, "NULL"),
    (None, "null"),
    (None, "\\N"),
    (None, " "),
    (None, "0"),
    ("", " "),
    ("", "<null>"),
    ("a", "a "),
    ("a", " a"),
    ("a  ", "a "),
    ("a\n", "a"),
    ("é", "e\u0301"),
    ("K", "\u212a"),
    ("a", "\u0430"),
)


def cases() -> Iterator[Case]:
    """Yield all cases of rows."""
    yield from _shifted()
    yield _null_and_texts()
    yield from _places()
    yield from _empty()
    yield from _without_key()
    yield _many_columns()
    yield _long_values()
    yield _compensating_amounts()
    yield _updated_and_back()


def _shifted() -> Iterator[Case]:
    """What is in two columns, cut at another place: the same text once it is put together."""
    for name, separator in SEPARATORS.items():
        first = ("1", f"a{separator}b", "c")
        second = ("1", "a", f"b{separator}c")
        yield case(
            f"shifted_{name}",
            "id int8 PRIMARY KEY, left_text text, right_text text",
            [first, ("2", f"{separator}", "")],
            [second, ("2", "", f"{separator}")] if separator else [second, ("2", "", "")],
            different("1", columns={"left_text", "right_text"}),
            *([different("2", columns={"left_text", "right_text"})] if separator else []),
        )
    yield case(
        "shifted_null",
        "id int8 PRIMARY KEY, a text, b text, c int4",
        [("1", None, "a", None), ("2", None, None, "0"), ("3", "", None, None)],
        [("1", "a", None, None), ("2", None, "0", None), ("3", None, "", None)],
        different("1", columns={"a", "b"}),
        different("2", columns={"b", "c"}),
        different("3", columns={"a", "b"}),
    )


def _null_and_texts() -> Case:
    pairs = [*_CONFUSED, *((right, left) for left, right in _CONFUSED)]
    keys = [str(number) for number in range(len(pairs))]
    return case(
        "null_and_texts",
        "id int8 PRIMARY KEY, value text",
        [(key, left) for key, (left, _) in zip(keys, pairs, strict=True)],
        [(key, right) for key, (_, right) in zip(keys, pairs, strict=True)],
        *(different(key, columns={"value"}) for key in keys),
    )


def _places() -> Iterator[Case]:
    """A difference in the first, the last and the only row of a chunk of CHUNK_ROWS, or of all."""
    columns = "id int8 PRIMARY KEY, value text"
    full = [(str(key), "a") for key in range(1, 3 * CHUNK_ROWS + 2)]
    last = len(full)
    for name, key in (
        ("first_row", 1),
        ("last_of_first_chunk", CHUNK_ROWS),
        ("first_of_second_chunk", CHUNK_ROWS + 1),
        ("last_of_full_chunks", 3 * CHUNK_ROWS),
        ("only_row_of_last_chunk", last),
    ):
        changed = [(k, "b" if k == str(key) else value) for k, value in full]
        lacking = [row for row in full if row[0] != str(key)]
        yield case(f"place_{name}", columns, full, changed, different(str(key), columns={"value"}))
        yield case(f"place_{name}_missing", columns, full, lacking, missing(str(key)))
        yield case(f"place_{name}_extra", columns, lacking, full, extra(str(key)))
    outside = [("0", "a"), (str(last + 1), "a")]
    beyond = [("0",), (str(last + 1),)]
    yield case("place_outside", columns, full, [*full, *outside], *(extra(*key) for key in beyond))
    yield case(
        "place_only_row", columns, [("1", "a")], [("1", "b")], different("1", columns={"value"})
    )
    yield case("place_only_row_equal", columns, [("1", "a")], [("1", "a")])
    yield case("place_full_chunks_equal", columns, full[:-1], full[:-1])


def _empty() -> Iterator[Case]:
    keyed, keyless = "id int8 PRIMARY KEY, value text", "value text"
    rows = [(str(key), "a") for key in range(1, 2 * CHUNK_ROWS + 1)]
    keys = [row[0] for row in rows]
    yield case("empty_both", keyed, [], [])
    yield case("empty_source", keyed, [], rows, *(extra(key) for key in keys))
    yield case("empty_target", keyed, rows, [], *(missing(key) for key in keys))
    yield case("empty_both_without_key", keyless, [], [])
    yield case("empty_source_without_key", keyless, [], [("a",)], extra())
    yield case("empty_target_without_key", keyless, [("a",)], [], missing())


def _without_key() -> Iterator[Case]:
    def keyless(
        name: str, source: list[str | None], target: list[str | None], *expected: Expected
    ) -> Case:
        return case(
            f"keyless_{name}",
            "value text",
            [(v,) for v in source],
            [(v,) for v in target],
            *expected,
        )

    yield keyless("equal", ["a", "b", "b", None], ["b", None, "a", "b"])
    yield keyless("duplicate_on_source", ["a", "a", "b"], ["a", "b"], missing())
    yield keyless("duplicate_on_target", ["a", "b"], ["a", "b", "b"], extra())
    # An exclusive or of hashes sees neither of these.
    yield keyless("pairs", ["a", "a", "c"], ["b", "b", "c"], missing(), extra())
    yield keyless("duplicates_of_null", [None, None, "a"], [None, None, None, None, "a"], extra())
    yield keyless("null_and_empty", [None], [""], missing(), extra())


def _many_columns() -> Case:
    """More columns than any list of arguments may have; one of them differs."""
    name, width = "many_columns", 400
    kinds = ("int8", "numeric", "text", "float8", "timestamptz")
    columns = ", ".join(f"c{number} {kinds[number % len(kinds)]}" for number in range(width))
    table = f"CREATE TABLE {SCHEMA}.{name} (id int8 PRIMARY KEY, {columns});"
    fill = f"INSERT INTO {SCHEMA}.{name} (id, c0, c395, c399) VALUES"
    return Case(
        name,
        f"{table} {fill} (1, 1, 1, '2026-01-01 00:00:00Z'), (2, 1, NULL, NULL);",
        f"{table} {fill} (1, 1, 1, '2026-01-01 00:00:00.1Z'), (2, NULL, 1, NULL);",
        (different("1", columns={"c399"}), different("2", columns={"c0", "c395"})),
    )


def _long_values() -> Case:
    """Values of a megabyte, stored apart from their rows, which differ in the last character."""
    name = "long_values"
    table = f"CREATE TABLE {SCHEMA}.{name} (id int8 PRIMARY KEY, a text, b bytea, c jsonb);"
    size = 1_000_000
    fill = (
        f"INSERT INTO {SCHEMA}.{name} SELECT id, repeat('a', {size}) || %s,"
        f" decode(repeat('61', {size}) || %s, 'hex'), to_jsonb(repeat('a', {size}) || %s)"
        " FROM generate_series(1, 2) AS id;"
    )
    update = f"UPDATE {SCHEMA}.{name} SET a = repeat('a', {size}) || 'y' WHERE id = 2;"
    return Case(
        name,
        table + fill % ("'x'", "'00'", "'x'"),
        table + fill % ("'x'", "'01'", "'z'") + update,
        (different("1", columns={"b", "c"}), different("2", columns={"a", "b", "c"})),
    )


def _compensating_amounts() -> Case:
    """Two amounts that differ by the same in opposite directions: their sum is the same."""
    return case(
        "compensating_amounts",
        "id int8 PRIMARY KEY, amount numeric(12,2), cents int8",
        [("1", "10.00", "1000"), ("2", "20.00", "2000")],
        [("1", "10.01", "1001"), ("2", "19.99", "1999")],
        different("1", columns={"amount", "cents"}),
        different("2", columns={"amount", "cents"}),
    )


def _updated_and_back() -> Case:
    """A row that was written again with the same content is the same, wherever it is stored."""
    name = "updated_and_back"
    table = create(name, "id int8 PRIMARY KEY, value text", [("1", "a"), ("2", "b"), ("3", "c")])
    again = (
        f"UPDATE {SCHEMA}.{name} SET value = 'x'; DELETE FROM {SCHEMA}.{name} WHERE id = 1;"
        f"INSERT INTO {SCHEMA}.{name} VALUES (1, 'a');"
        f"UPDATE {SCHEMA}.{name} SET value = chr(96 + id::int4);"
    )
    return Case(name, table, table + again)
