"""Every planted difference shows in the digests, leads to its rows and columns; none is invented.

No engine is used here: the whole table is one span, and each of the two methods has to be exact.
Then: however a table is cut, its pieces are the whole, and what is found can be read again.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from functions.data_validation.cursor import FindingKind, Key, Reading
from functions.data_validation.describe import LONGEST_VALUE
from functions.data_validation.sessions import Sides
from functions.data_validation.subject import (
    BucketSpan,
    Digest,
    KeysetSpan,
    Method,
    Span,
    Subject,
)
from functions.data_validation.tables import TablePair
from functions.runtime.route import Side
from tests.functions.data_validation.corpus.model import Case, Expected
from tests.functions.data_validation.support import Databases

pytestmark = pytest.mark.postgres
GROUPS = 16
MOST_NAMED = 10
ABSENT = Reading(())
METHODS = pytest.mark.parametrize("method", list(Method))


@dataclass(frozen=True)
class Corpus:
    """The corpus in two databases."""

    sides: Sides
    cases: tuple[Case, ...]
    pairs: dict[str, TablePair]

    def subjects(self, method: Method) -> Iterator[tuple[Case, Subject]]:
        for case in self.cases:
            yield case, Subject(self.pairs[case.label], method, seed=7)


@pytest.fixture(scope="module")
def corpus(corpus_databases: tuple[Databases, tuple[Case, ...]]) -> Corpus:
    databases, cases = corpus_databases
    sides = databases.sides()
    return Corpus(sides, cases, databases.pairs(sides))


def whole(subject: Subject) -> Span:
    return KeysetSpan(None, None) if subject.pair.keyset else BucketSpan(0, 1)


def digests_differ(subject: Subject, sides: Sides, span: Span, groups: int) -> set[int]:
    source = subject.digest(sides.source, Side.SOURCE, span, groups)
    target = subject.digest(sides.target, Side.TARGET, span, groups)
    return {group for group in source | target if source.get(group) != target.get(group)}


def readings(
    subject: Subject, sides: Sides, span: Span, groups: int, selected: list[int]
) -> dict[Key, tuple[Reading, Reading]]:
    source = subject.rows(sides.source, Side.SOURCE, span, groups, selected)
    target = subject.rows(sides.target, Side.TARGET, span, groups, selected)
    return {
        key: (source.get(key, ABSENT), target.get(key, ABSENT))
        for key in source | target
        if source.get(key, ABSENT).content != target.get(key, ABSENT).content
    }


def kind_of(source: Reading, target: Reading) -> FindingKind:
    on_source, on_target = Counter(source.content), Counter(target.content)
    if not on_target - on_source:
        return FindingKind.MISSING
    return FindingKind.DIFFERENT if on_source - on_target else FindingKind.EXTRA


def columns_that_differ(subject: Subject, sides: Sides, key: Key) -> frozenset[str]:
    (source,) = subject.values(sides.source, Side.SOURCE, key)
    (target,) = subject.values(sides.target, Side.TARGET, key)
    values = zip(subject.pair.columns, source, target, strict=True)
    return frozenset(pair.name for pair, left, right in values if left != right)


def found(subject: Subject, sides: Sides, named: Collection[Key]) -> set[Expected]:
    """Return what a comparison of the whole table as one span finds; columns of `named` keys."""
    span = whole(subject)
    selected = sorted(digests_differ(subject, sides, span, GROUPS))
    findings = set()
    for key, (source, target) in readings(subject, sides, span, GROUPS, selected).items():
        columns = columns_that_differ(subject, sides, key) if key in named else frozenset()
        findings.add(Expected(kind_of(source, target), None if subject.multiset else key, columns))
    return findings


def expectations(case: Case) -> tuple[set[Expected], set[Key]]:
    """Return the differences of a case, and the keys whose columns are looked at: a few."""
    keys = [one.key for one in case.expected if one.key is not None and one.columns]
    named = set(keys[:MOST_NAMED])
    return {
        one if one.key in named else replace(one, columns=frozenset()) for one in case.expected
    }, named


@METHODS
def test_every_planted_difference_is_found_and_none_is_invented(
    corpus: Corpus, method: Method
) -> None:
    wrong = {}
    for case, subject in corpus.subjects(method):
        expected, named = expectations(case)
        actual = found(subject, corpus.sides, named)
        if actual != expected:
            wrong[case.name] = (actual, expected)
    assert wrong == {}


@METHODS
def test_one_digest_of_a_whole_table_tells_whether_it_is_equal(
    corpus: Corpus, method: Method
) -> None:
    wrong = [
        case.name
        for case, subject in corpus.subjects(method)
        if bool(digests_differ(subject, corpus.sides, whole(subject), 1)) == case.equal
    ]
    assert wrong == []


def total(digests: Iterable[dict[int, Digest]]) -> tuple[int, int]:
    """Return rows and sum of several digests."""
    every = [digest for several in digests for digest in several.values()]
    return sum(digest.rows for digest in every), sum(digest.total for digest in every)


def ranges(subject: Subject, sides: Sides, rows: int) -> Iterator[KeysetSpan]:
    """Cut the source's table into ranges of its key."""
    after: Key | None = None
    while True:
        until = subject.boundary(sides.source, Side.SOURCE, after, None, rows)
        yield KeysetSpan(after, until)
        if until is None:
            return
        after = until


def test_ranges_and_groups_of_a_table_are_the_whole_of_it(corpus: Corpus) -> None:
    def digest(span: Span, groups: int) -> dict[int, Digest]:
        return subject.digest(corpus.sides.source, Side.SOURCE, span, groups)

    for case, subject in corpus.subjects(Method.RECORD):
        if not case.name.startswith(("equal_", "key_", "keyless_", "partitioned_")):
            continue
        everything = total([digest(whole(subject), 1)])
        assert total([digest(whole(subject), 64)]) == everything, case.name
        assert total(digest(BucketSpan(n, 4), 8) for n in range(4)) == everything, case.name
        if subject.pair.keyset:
            spans = list(ranges(subject, corpus.sides, 2))
            assert len(spans) == everything[0] // 2 + 1, case.name
            assert total(digest(span, 1) for span in spans) == everything, case.name


def test_a_range_ends_at_its_last_row_and_not_beyond_its_end(corpus: Corpus) -> None:
    subject = Subject(corpus.pairs["corpus.place_full_chunks_equal"], Method.RECORD)
    session = corpus.sides.source

    def boundary(after: str | None, until: str | None, rows: int) -> Key | None:
        lowest = None if after is None else (after,)
        highest = None if until is None else (until,)
        return subject.boundary(session, Side.SOURCE, lowest, highest, rows)

    assert boundary(None, None, 1) == ("1",)
    assert boundary(None, None, 30) == ("30",)
    assert boundary(None, None, 31) is None
    assert boundary("10", None, 5) == ("15",)
    assert boundary("10", "15", 5) == ("15",)
    assert boundary("10", "14", 5) is None
    assert boundary("-9223372036854775808", "1", 1) == ("1",)


def test_keys_are_compared_in_the_servers_order(corpus: Corpus) -> None:
    for case, subject in corpus.subjects(Method.RECORD):
        if not case.name.startswith("key_") or not subject.pair.keyset:
            continue
        spans = list(ranges(subject, corpus.sides, 1))
        keys = [span.until for span in spans if span.until is not None]
        for left, right in pairwise(keys):
            for session in (corpus.sides.source, corpus.sides.target):
                assert subject.precedes(session, left, right), case.name
                assert not subject.precedes(session, right, left), case.name
                assert not subject.precedes(session, left, left), case.name


@METHODS
def test_rows_are_read_again_by_their_keys_as_they_were_found(
    corpus: Corpus, method: Method
) -> None:
    for case, subject in corpus.subjects(method):
        if case.name.startswith(("swapped_", "changed_")):
            continue
        for session, side in (
            (corpus.sides.source, Side.SOURCE),
            (corpus.sides.target, Side.TARGET),
        ):
            rows = subject.rows(session, side, whole(subject), 1, [0])
            assert subject.read(session, side, list(rows)) == rows, case.name


def test_an_absent_row_is_read_as_no_version(corpus: Corpus) -> None:
    for name, key in (("equal_text", ("-5",)), ("keyless_equal", ("42",)), ("key_text_c", ("no",))):
        subject = Subject(corpus.pairs[f"corpus.{name}"], Method.RECORD)
        session = corpus.sides.target
        assert subject.read(session, Side.TARGET, [key, key]) == {key: ABSENT}
        assert subject.values(session, Side.TARGET, key) == []
        assert subject.read(session, Side.TARGET, []) == {}


def test_many_keys_are_read_in_several_statements(databases: Databases) -> None:
    databases.execute(
        "CREATE TABLE t (a int4, b text, PRIMARY KEY (a, b));"
        "INSERT INTO t SELECT i, 'x' FROM generate_series(1, 2500) AS i"
    )
    sides = databases.sides()
    subject = Subject(databases.pair(sides, "public.t"), Method.RECORD)
    keys = [(str(number), "x") for number in range(2502)]
    found = subject.read(sides.source, Side.SOURCE, keys)
    assert list(found) == keys
    assert [key for key, reading in found.items() if reading == ABSENT] == [keys[0], keys[-1]]


def test_text_keys_are_found_where_the_sides_would_sort_them_differently(corpus: Corpus) -> None:
    """Without a common order the walk goes by the key's hash, and rows are read by equality."""
    for name in ("key_text", "key_of_texts", "key_name", "key_bpchar", "key_varchar"):
        pair = corpus.pairs[f"corpus.{name}"]
        unordered = replace(
            pair,
            key=tuple(
                replace(column, source=replace(column.source, order=None)) for column in pair.key
            ),
        )
        subject = Subject(unordered, Method.RECORD)
        assert not subject.pair.keyset
        (case,) = (case for case in corpus.cases if case.name == name)
        expected, named = expectations(case)
        assert found(subject, corpus.sides, named) == expected
        rows = subject.rows(corpus.sides.source, Side.SOURCE, BucketSpan(0, 1), 1, [0])
        assert subject.read(corpus.sides.source, Side.SOURCE, list(rows)) == rows


def test_a_row_is_located_by_a_condition_that_shows_no_text(corpus: Corpus) -> None:
    for case, subject in corpus.subjects(Method.RECORD):
        if not case.name.startswith(("key_", "keyless_", "name_")):
            continue
        session, relation = corpus.sides.source, subject.pair.source.relation
        for key, reading in subject.rows(session, Side.SOURCE, whole(subject), 1, [0]).items():
            condition = subject.where(key)
            ((count,),) = session.run(f"SELECT count(*) FROM {relation} WHERE {condition}")
            assert count == len(reading.versions), f"{case.name}: {condition}"
            if "text" in case.name:
                assert not any(part in condition for part in key if len(part) > 2)


def test_numbers_and_identifiers_stand_in_a_condition_as_they_are(corpus: Corpus) -> None:
    def where(name: str, *key: str) -> str:
        return Subject(corpus.pairs[f"corpus.{name}"], Method.RECORD).where(key)

    assert where("key_bigint", "-4711") == '"id" = -4711'
    assert where("key_numeric", "NaN") == "\"id\" = 'NaN'"
    assert where("key_of_three", "1", "2026-01-01", "x").startswith(
        '"a" = 1 AND "b" = \'2026-01-01\' AND left(encode(sha256('
    )
    assert where("key_uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11") == (
        "\"id\" = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"
    )


def test_values_tell_null_from_empty_and_stop_at_the_columns_asked_for(corpus: Corpus) -> None:
    subject = Subject(corpus.pairs["corpus.null_and_texts"], Method.RECORD)
    session = corpus.sides.source
    assert subject.values(session, Side.SOURCE, ("0",)) == [("0", None)]
    assert subject.values(corpus.sides.target, Side.TARGET, ("0",)) == [("0", "")]
    assert subject.values(session, Side.SOURCE, ("0",), 1) == [("0",)]


def test_long_values_are_cut_but_still_differ(corpus: Corpus) -> None:
    subject = Subject(corpus.pairs["corpus.long_values"], Method.RECORD)
    (source,) = subject.values(corpus.sides.source, Side.SOURCE, ("1",))
    (target,) = subject.values(corpus.sides.target, Side.TARGET, ("1",))
    assert all(value and len(value) < LONGEST_VALUE + 100 for value in (*source, *target))
    assert [left == right for left, right in zip(source, target, strict=True)] == [
        *(True, True, False, False),
    ]


def test_rows_without_a_key_are_found_by_their_hash(corpus: Corpus) -> None:
    subject = Subject(corpus.pairs["corpus.keyless_duplicates_of_null"], Method.RECORD)
    assert subject.multiset
    session = corpus.sides.target
    rows = subject.rows(session, Side.TARGET, BucketSpan(0, 1), 1, [0])
    assert sorted(len(reading.versions) for reading in rows.values()) == [1, 4]
    values = [subject.values(session, Side.TARGET, key) for key in rows]
    assert sorted(values, key=len) == [[("a",)], [(None,)] * 4]
