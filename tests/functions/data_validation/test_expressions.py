"""Equal hashes mean equal text, and the reverse, for every type and on both servers alike.

Hypothesis tries to break that with values that are made to be confused; the servers judge a batch
of them in one statement a side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.data_validation import expressions
from functions.data_validation.expressions import Method
from functions.data_validation.samples import SAMPLES, Sample
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.tables import Column, ColumnPair, Kind
from functions.runtime.route import Side
from tests.functions.data_validation.confusable import HIGHEST, LOWEST, STRATEGIES
from tests.functions.data_validation.support import Databases

pytestmark = pytest.mark.postgres
FEW_BATCHES = settings(
    max_examples=8,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
        HealthCheck.too_slow,
    ],
)
BATCH = 60
REFERENCE = "r.v"


@pytest.fixture(scope="module")
def sides(shared_databases: Databases) -> Iterator[Sides]:
    yield shared_databases.sides()


@dataclass(frozen=True)
class Judged:
    """What a server makes of a value: how it writes it, and its hash by each method."""

    text: str | None
    record: int
    portable: int


def judge(session: Session, sample: Sample, values: Sequence[str]) -> list[Judged]:
    """Let a server write and hash values of a type, and NULL."""
    text = expressions.text(sample.pair, Side.SOURCE, REFERENCE)
    items = expressions.content(sample.pair, Side.SOURCE, REFERENCE)
    record = expressions.mixed(Method.RECORD, expressions.record_hash(items, 3), 3)
    portable = expressions.portable_hash([text], 3)
    rows = session.run(
        f"SELECT {text}, {record}, {portable}"
        " FROM unnest(array_append($1::text[], NULL)) AS s (t)"
        f" CROSS JOIN LATERAL (SELECT s.t::{sample.sql_type} OFFSET 0) AS r (v)",
        (list(values),),
    )
    return [Judged(*row) for row in rows]


def require_exact(sides: Sides, sample: Sample, values: Sequence[str]) -> None:
    source, target = sides.both(lambda session: judge(session, sample, values))
    assert source == target
    for hashes in (
        {(one.text, one.record) for one in source},
        {(one.text, one.portable) for one in source},
    ):
        assert len(hashes) == len({text for text, _ in hashes}), "one text, several hashes"
        assert len(hashes) == len({value for _, value in hashes}), "several texts, one hash"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.sql_type)
def test_fixed_values_of_every_type_have_a_hash_of_their_own(sides: Sides, sample: Sample) -> None:
    require_exact(sides, sample, sample.values)


@pytest.mark.parametrize("name", list(STRATEGIES))
@FEW_BATCHES
@given(data=st.data())
def test_any_values_have_equal_hashes_only_if_their_texts_are_equal(
    sides: Sides, name: str, data: st.DataObject
) -> None:
    sample, families = STRATEGIES[name]
    drawn = data.draw(st.lists(families, min_size=BATCH // 2, max_size=BATCH))
    require_exact(sides, sample, [value for family in drawn for value in family])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("hashint8extended(4, 0)", "hashint8extended(4294967301, 0)"),
        ("time_hash_extended('00:00', 0)", "time_hash_extended('01:11:34.967297', 0)"),
        ("hash_numeric_extended(5, 0)", "hash_numeric_extended(-5.00, 0)"),
        ("hashfloat8extended('0', 0)", "hashfloat8extended('-0', 0)"),
        ("interval_hash_extended('1 mon', 0)", "interval_hash_extended('30 days', 0)"),
        ("hash_array_extended('{1,2}'::int4[], 0)", "hash_array_extended('{{1,2}}'::int4[], 0)"),
        ("jsonb_hash_extended('1', 0)", "jsonb_hash_extended('1.0', 0)"),
    ],
)
def test_the_types_own_hashes_confuse_values_which_is_why_other_forms_are_hashed(
    sides: Sides, left: str, right: str
) -> None:
    for ((alike,),) in sides.both(lambda session: session.run(f"SELECT {left} = {right}")):
        assert alike


def swaps_unseen(session: Session, hashed: str, values: Sequence[tuple[int, int]]) -> int:
    """Count the pairs of values whose swap between two rows leaves a sum of hashes as it is."""
    before, after = (
        f"(SELECT sum({hashed}) FROM (VALUES (1, {first}), (2, {second})) AS r (a, b))"
        for first, second in (("v.x", "v.y"), ("v.y", "v.x"))
    )
    ((unseen,),) = session.run(
        f"SELECT count(*) FILTER (WHERE {before} = {after})"
        " FROM unnest($1::text[]::int8[], $2::text[]::int8[]) AS v (x, y) WHERE x <> y",
        ([str(x) for x, _ in values], [str(y) for _, y in values]),
    )
    return int(unseen)


RECORD = expressions.record_hash(["r.a", "r.b", "r.b >> 32"], 0)
NUMBERS = st.integers(LOWEST, HIGHEST)


@FEW_BATCHES
@given(values=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=BATCH))
def test_a_sum_of_hashes_sees_values_swapped_between_rows(
    sides: Sides, values: list[tuple[int, int]]
) -> None:
    hashed = expressions.mixed(Method.RECORD, RECORD, 0)
    assert sides.both(lambda session: swaps_unseen(session, hashed, values)) == (0, 0)


def test_a_sum_of_unmixed_hashes_does_not_see_most_swaps(sides: Sides) -> None:
    values = [(number, number + 1) for number in range(BATCH)]
    assert swaps_unseen(sides.source, RECORD, values) > BATCH // 2


@pytest.mark.parametrize("method", list(Method))
def test_different_seeds_give_different_hashes(sides: Sides, method: Method) -> None:
    make = expressions.record_hash if method is Method.RECORD else expressions.portable_hash
    first, second = (expressions.mixed(method, make(["n::text"], seed), seed) for seed in (0, 1))
    ((equal,),) = sides.source.run(
        f"SELECT count(*) FILTER (WHERE {first} = {second}) FROM generate_series(1, 1000) AS n"
    )
    assert equal == 0


def test_columns_of_differing_types_are_compared_by_their_texts() -> None:
    def column(base: str, modifier: int = -1, kind: Kind = Kind.BASE) -> Column:
        return Column("v", base, kind, base, modifier, None)

    limited, unlimited, array = column("bpchar", 9), column("bpchar"), column("x", kind=Kind.ARRAY)
    assert expressions.native(ColumnPair(limited, column("bpchar", 24)))
    assert not expressions.native(ColumnPair(limited, unlimited))
    assert not expressions.native(ColumnPair(unlimited, unlimited))
    assert not expressions.native(ColumnPair(column("int4"), column("int8")))
    assert not expressions.native(ColumnPair(array, array))
