"""Values that two servers have to write and hash alike before their hashes are trusted.

Every built-in type that a column can have, with the extremes of its range and the values that
are easily confused. All of them are valid from PostgreSQL 12 on, unless the type itself is newer.
"""

from dataclasses import dataclass

from functions.data_validation.tables import Column, ColumnPair, Kind


@dataclass(frozen=True)
class Sample:
    """Values of one type, as text. `sql_type` is what they are cast to."""

    column: Column
    sql_type: str
    values: tuple[str, ...]

    @property
    def pair(self) -> ColumnPair:
        """The column on both sides."""
        return ColumnPair(self.column, self.column)


_LONG = "0.30000000000000004"
"""A number of which every digit that a double precision has is needed."""

_TEXTS = ("", " ", "a", "A", "ab  ", "a|b", '"', "\\N", "<null>", "naïve", "日本", "😀", "\t\n")
_WORDS = ("", "a", "A", "ab", 'a"b', "naïve", "日本語", "<null>")
_DATES = ("4713-01-01 BC", "0001-01-01", "1970-01-01", "2026-02-28", "infinity", "-infinity")
_CLOCKS = ("00:00:00", "00:00:00.000001", "01:11:34.967297", "12:30:00.1", "24:00:00")
_MOMENTS = (
    *("4713-01-01 00:00:00 BC", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00"),
    *("2026-02-28 12:34:56.7", "294276-12-31 23:59:59.999999", "infinity", "-infinity"),
)
_FLOATS = ("0", "-0", "1", "-1", "0.1", "1.5e-30", "3.4028235e+38", "NaN", "Infinity", "-Infinity")
_NUMERICS = (
    *("0", "0.00", "1", "1.0", "1.00", "-1", "-1.00", "NaN", "100000000000000000000000000000000"),
    *("0.000000000000000000000000000001", "-99999999999999999999.9999999999"),
)
_JSON = ("null", "1", "1.0", '"a"', '{"b": 1, "a": [null, {"c": 1.10}]}', '"\\u00e9"', "[]")
_RANGES = ("empty", "[1,2)", "(,5]", "(,)", "[7,7]")

_BASES: dict[str, tuple[str, ...]] = {
    "bit": ("0", "1"),
    "bool": ("true", "false"),
    "box": ("(1,1),(0,0)", f"({_LONG},2),(-1e300,0)"),
    "bytea": ("\\x", "\\x00", "\\xff00ff", "\\x5c6e"),
    "char": ("a", " ", "~"),
    "cidr": ("0.0.0.0/0", "10.1.0.0/16", "2001:db8::/32"),
    "circle": ("<(0,0),1>", f"<({_LONG},-2),0.3>"),
    "date": _DATES,
    "float4": (*_FLOATS, "1e-45", "16777217"),
    "float8": (*_FLOATS, "5e-324", "1.7976931348623157e308", _LONG),
    "inet": ("10.0.0.1", "10.0.0.1/8", "::1", "2001:db8::ff00:42:8329/64"),
    "int2": ("0", "1", "-1", "-32768", "32767"),
    "int4": ("0", "1", "-1", "-2147483648", "2147483647"),
    "int8": ("0", "4", "4294967301", "-1", "-9223372036854775808", "9223372036854775807"),
    "interval": ("0", "1 mon", "30 days", "24:00:00", "1 day", "-1 mon 1 day -00:00:00.000001"),
    "json": _JSON,
    "jsonb": _JSON,
    "jsonpath": ("$", '$."a"[*] ? (@ > 1.0)'),
    "line": ("{1,-1,0}", f"{{{_LONG},2,3}}"),
    "lseg": ("[(0,0),(1,1)]", f"[({_LONG},2),(-1e300,0)]"),
    "macaddr": ("08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"),
    "macaddr8": ("08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff"),
    "money": ("0", "-1.23", "92233720368547758.07", "-92233720368547758.08"),
    "name": _WORDS,
    "numeric": _NUMERICS,
    "oid": ("0", "4294967295"),
    "path": ("((0,0),(1,1))", f"[({_LONG},0),(1,1)]"),
    "pg_lsn": ("0/0", "0/4", "1/5", "FFFFFFFF/FFFFFFFF"),
    "point": ("(0,0)", f"(-0,{_LONG})", "(1e300,NaN)"),
    "polygon": (f"((0,0),(1,1),({_LONG},2))",),
    "text": _TEXTS,
    "time": _CLOCKS,
    "timestamp": _MOMENTS,
    "timestamptz": tuple(f"{m}+00" if m[0].isdigit() and "BC" not in m else m for m in _MOMENTS),
    "timetz": tuple(clock + zone for clock in _CLOCKS for zone in ("+00", "-15:59", "+05:30")),
    "tsquery": ("'fat' & ( 'rat' | !'cat':AB )", "'a' <-> 'b'"),
    "tsvector": ("", "'a':1A,2 'b':3", "'naïve'"),
    "txid_snapshot": ("10:20:10,14,15",),
    "uuid": ("00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "varbit": ("", "0", "101"),
    "varchar": _TEXTS,
    "xml": ("<a/>", "<a>b</a>", "text"),
}
_RANGE_TYPES: dict[str, tuple[str, ...]] = {
    "daterange": ("empty", "[2026-01-01,2026-02-01)", "(,infinity]"),
    "int4range": _RANGES,
    "int8range": _RANGES,
    "numrange": (*_RANGES, "[1.0,1.00]", "(1.10,2.20)"),
    "tsrange": ("empty", '["2026-01-01 00:00:00","2026-01-01 00:00:00.1")', "(,)"),
    "tstzrange": ("empty", '["2026-01-01 00:00:00+00","2026-01-01 00:00:00.1+00")', "(,)"),
}
_ARRAYS: dict[str, tuple[str, ...]] = {
    "float8[]": ("{0,-0,NaN}", f"{{{_LONG}}}"),
    "int4[]": ("{}", "{NULL}", "{1,2,3,4}", "{{1,2},{3,4}}", "[0:1]={1,2}", "[2:2][3:3]={{1}}"),
    "numeric[]": ("{1,1.0}", "{NaN,NULL}"),
    "text[]": ("{}", '{NULL,"NULL",""}', '{"a b","a,b","{","\\"","\\\\"}'),
    "timestamptz[]": ('{"2026-01-01 00:00:00+00",infinity}',),
}


def _sample(kind: Kind, base: str, sql_type: str, values: tuple[str, ...], size: int) -> Sample:
    return Sample(Column("v", sql_type, kind, base, size, None), sql_type, values)


SAMPLES: tuple[Sample, ...] = (
    *(_sample(Kind.BASE, base, f'pg_catalog."{base}"', v, -1) for base, v in _BASES.items()),
    _sample(Kind.BASE, "bpchar", "pg_catalog.bpchar", _TEXTS, -1),
    _sample(Kind.BASE, "bpchar", "character(5)", _TEXTS, 9),
    *(_sample(Kind.RANGE, base, base, values, -1) for base, values in _RANGE_TYPES.items()),
    *(
        _sample(
            Kind.MULTIRANGE,
            base.replace("range", "multirange"),
            base.replace("range", "multirange"),
            tuple(f"{{{value}}}".replace("{empty}", "{}") for value in values),
            -1,
        )
        for base, values in _RANGE_TYPES.items()
    ),
    *(_sample(Kind.ARRAY, base, base, values, -1) for base, values in _ARRAYS.items()),
)

_SAMPLED = frozenset(sample.column.base for sample in SAMPLES)
SAMPLED_BASES = _SAMPLED | {f"{base}[]" for base in _SAMPLED}
"""Types (tables.Column.base) whose values have been tried; an array is written as its elements."""
