"""Whether two servers hash alike, found out by trying.

PostgreSQL does not promise that its hash functions give the same in another version, nor do all of
its versions write every value alike. So before rows are compared both servers hash and write the
same fixed values (samples). Where hashes differ, the portable method is used; where even texts do,
columns of that type cannot be certified.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import itemgetter

from functions.data_validation import expressions
from functions.data_validation.errors import UnusableInputError
from functions.data_validation.expressions import Method
from functions.data_validation.samples import SAMPLED_BASES, SAMPLES, Sample
from functions.data_validation.sessions import Session, Sides
from functions.data_validation.tables import Column, Kind
from functions.runtime.errors import ContendedError, DatabaseError, SideUnavailableError
from functions.runtime.route import Side

RECORD_VERSION = 140_000
"""The first with `hash_record_extended` (release notes of PostgreSQL 14)."""

SEEDS = (0, 20_260_101)
ALWAYS_TRIED = frozenset({"bytea", "int8", "text"})
"""Types of what hashes are made of, whatever a column's own type is."""

_VALUE = "r.v"
# OFFSET 0 keeps the planner from folding the expression, by ways that no table's values take.
_QUERY = (
    "SELECT {place}, s.n, {expression}"
    " FROM unnest(array_append(${number}::text[], NULL)) WITH ORDINALITY AS s (t, n)"
    " CROSS JOIN LATERAL (SELECT s.t::{sql_type} OFFSET 0) AS r (v)"
)

UNICODE = "UTF8"
UNDEFINED_OBJECT = "42704"
"""A type that does not exist (PostgreSQL manual, "PostgreSQL Error Codes")."""

Outputs = dict[int, list[str | None] | None]
"""What a server makes of each sample, by its place among these; not there if it refuses it.

None says that it does not have the type: no column there can have values of it.
"""


@dataclass(frozen=True)
class Agreement:
    """How rows are hashed, and why not by the fast method.

    `disagreeing_bases` are the types (tables.Column.base) that the two servers write differently:
    a table with a column of such a type cannot be certified.
    """

    method: Method
    reasons: tuple[str, ...] = ()
    disagreeing_bases: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Server:
    encoding: str
    version: int


def choose_method(sides: Sides, columns: Collection[Column] | None = None) -> Agreement:
    """Let both servers hash and write the samples, and return the fastest method that is exact.

    With `columns`, only samples of their types are tried: if one of these may have parts of other
    types, or is of a type of which there is no sample, all are. Raises UnusableInputError when not
    even the portable method gives the same on both, and DatabaseError.
    """
    servers = sides.both(_server)
    samples = _writable(servers, _relevant(columns))
    written = sides.both(lambda session: _outputs(session, samples, _text))
    disagreeing = {sample.column.base for sample in _differing(*written, samples)}
    disagreeing |= {f"{base}[]" for base in disagreeing if not base.endswith("[]")}
    reasons = _reasons_against_record(sides, servers, samples)
    if reasons:
        _require_portable(sides)
    method = Method.PORTABLE if reasons else Method.RECORD
    return Agreement(method, reasons, frozenset(disagreeing))


def _relevant(columns: Collection[Column] | None) -> tuple[Sample, ...]:
    if columns is None or any(_may_have_parts(column) for column in columns):
        return SAMPLES
    bases = ALWAYS_TRIED | {column.base for column in columns}
    return tuple(sample for sample in SAMPLES if sample.column.base in bases)


def _may_have_parts(column: Column) -> bool:
    simple = column.kind is Kind.BASE and column.base in SAMPLED_BASES
    return not simple and column.kind is not Kind.ENUM


def _writable(servers: tuple[_Server, _Server], samples: Sequence[Sample]) -> Sequence[Sample]:
    """Return the samples that both servers can take: an encoding lacks most of Unicode."""
    if all(server.encoding == UNICODE for server in servers):
        return samples
    return tuple(
        replace(sample, values=tuple(value for value in sample.values if value.isascii()))
        for sample in samples
    )


def _reasons_against_record(
    sides: Sides, servers: tuple[_Server, _Server], samples: Sequence[Sample]
) -> tuple[str, ...]:
    source, target = servers
    if source.encoding != target.encoding:
        return (f"the databases' encodings differ: {source.encoding} and {target.encoding}",)
    for server in (source, target):
        if server.version < RECORD_VERSION:
            return (f"PostgreSQL {server.version // 10_000} has no 64-bit hash of a record",)
    samples = [sample for sample in samples if expressions.native(sample.pair)]
    reasons: dict[str, None] = {}
    for seed in SEEDS:
        hashed = sides.both(partial(_outputs, samples=samples, expression=_hashed(seed)))
        if any(len(outputs) < len(samples) for outputs in hashed):
            return ("a server refuses to hash records, or values of some type",)
        for sample in _differing(*hashed, samples):
            reasons[f"the servers hash {sample.sql_type} differently"] = None
    return tuple(reasons)


def _differing(source: Outputs, target: Outputs, samples: Sequence[Sample]) -> Iterator[Sample]:
    """Yield the samples whose outputs differ; what both refuse, or one does not have, does not."""
    refused: list[str | None] = []
    for place, sample in enumerate(samples):
        outputs = source.get(place, refused), target.get(place, refused)
        if None not in outputs and outputs[0] != outputs[1]:
            yield sample


def _text(sample: Sample) -> str:
    return expressions.text(sample.pair, Side.SOURCE, _VALUE)


def _hashed(seed: int) -> Callable[[Sample], str]:
    def hashed(sample: Sample) -> str:
        items = expressions.content(sample.pair, Side.SOURCE, _VALUE)
        record = expressions.record_hash(items, seed)
        return f"({expressions.mixed(Method.RECORD, record, seed)})::text"

    return hashed


def _outputs(
    session: Session, samples: Sequence[Sample], expression: Callable[[Sample], str]
) -> Outputs:
    """Evaluate an expression for every sample's values, all at once if the server takes all."""
    numbered = list(enumerate(samples))
    try:
        return _evaluate(session, numbered, expression)
    except (SideUnavailableError, ContendedError):
        raise
    except DatabaseError:
        outputs: Outputs = {}
        for one in numbered:
            outputs |= _attempt(session, one, expression)
        return outputs


def _attempt(
    session: Session, numbered: tuple[int, Sample], expression: Callable[[Sample], str]
) -> Outputs:
    """Evaluate one sample; None is for a type the server does not have, nothing for a refusal."""
    try:
        return _evaluate(session, [numbered], expression)
    except (SideUnavailableError, ContendedError):
        raise
    except DatabaseError as error:
        return {numbered[0]: None} if error.sqlstate == UNDEFINED_OBJECT else {}


def _evaluate(
    session: Session,
    numbered: Sequence[tuple[int, Sample]],
    expression: Callable[[Sample], str],
) -> Outputs:
    queries = [
        _QUERY.format(
            place=place, expression=expression(sample), number=number, sql_type=sample.sql_type
        )
        for number, (place, sample) in enumerate(numbered, 1)
    ]
    rows = session.run(
        " UNION ALL ".join(queries) + " ORDER BY 1, 2",
        [list(sample.values) for _, sample in numbered],
    )
    return {
        int(place): [output for _, _, output in several]
        for place, several in groupby(rows, key=itemgetter(0))
    }


def _server(session: Session) -> _Server:
    ((encoding, version),) = session.run(
        "SELECT current_setting('server_encoding'), current_setting('server_version_num')::bigint"
    )
    return _Server(str(encoding), int(version))


def _require_portable(sides: Sides) -> None:
    expression = expressions.portable_hash(["'a'", "NULL", "''", "'\"(,)'"], SEEDS[-1])
    source, target = sides.both(lambda session: session.run(f"SELECT {expression}"))
    if source != target:
        raise UnusableInputError("the servers do not give the same SHA-256 of the same row")
