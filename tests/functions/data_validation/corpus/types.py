"""Every type of PostgreSQL with values that differ, and with values that only look different."""

from dataclasses import dataclass
from itertools import combinations

from tests.functions.data_validation.corpus.model import SCHEMA


@dataclass(frozen=True)
class TypeValues:
    """Values of one type, as text. All of `distinct` differ from each other in content.

    Each pair of `alike` is the same content, written in two ways.
    """

    name: str
    sql: str
    distinct: tuple[str, ...]
    alike: tuple[tuple[str, str], ...] = ()
    requires: str | None = None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All pairs of values that differ."""
        return tuple(combinations(self.distinct, 2))


SETUP_BOTH = f"""
CREATE SCHEMA {SCHEMA};
CREATE TYPE {SCHEMA}.part AS (amount numeric, note text);
CREATE TYPE {SCHEMA}.whole AS (part {SCHEMA}.part, at timestamptz, tags text[]);
CREATE TYPE {SCHEMA}.amounts AS RANGE (subtype = numeric);
CREATE DOMAIN {SCHEMA}.cents AS bigint CHECK (VALUE IS DISTINCT FROM 13);
CREATE DOMAIN {SCHEMA}.small_cents AS {SCHEMA}.cents;
CREATE DOMAIN {SCHEMA}.amount AS numeric(12, 2);
CREATE DOMAIN {SCHEMA}.code AS char(4);
CREATE DOMAIN {SCHEMA}.moment AS timestamptz;
CREATE DOMAIN {SCHEMA}.codes AS text[];
"""
SETUP_SOURCE = f"CREATE TYPE {SCHEMA}.status AS ENUM ('new', 'done', 'failed', '', ' new');"
SETUP_TARGET = f"""
CREATE TYPE {SCHEMA}.status_of_before AS ENUM ('new', 'done', 'failed', '', ' new');
DROP TYPE {SCHEMA}.status_of_before;
CREATE TYPE {SCHEMA}.status AS ENUM ('failed', ' new', 'new', '', 'done');
"""
"""The same labels with other oids, and in another order."""

_TEXTS = (
    *("", " ", "  ", "a", "a ", " a", "A", "ab", "a\tb", "a\nb", "a|b", "a,b", '"', '""', "'"),
    *("<null>", "NULL", "null", "\\N", "\\", "\\\\", "()", "(,)", "{}", "é", "e\u0301", "😀", "0"),
)
_SOME_TEXTS = (*("", " ", "a", "a ", "A", "ab", "<null>", "NULL", '"', "\\"), "é", "e\u0301")
# Differences of 2**32 + 1 microseconds: what a hash that folds 64 bits into 32 does not see.
_TIMES = ("00:00:00", "00:00:00.000001", "01:11:34.967297", "24:00:00", "23:59:59.999999")
_MOMENTS = (
    *("1970-01-01 00:00:00", "2000-01-01 00:00:00", "2000-01-01 01:11:34.967297"),
    *("2026-02-28 12:00:00.1", "2026-02-28 12:00:00.100001", "4713-01-01 00:00:00 BC"),
    *("0001-01-01 00:00:00", "294276-12-31 23:59:59.999999", "infinity", "-infinity"),
)
_FLOATS = ("0", "-0", "1", "-1", "0.1", "1e-30", "NaN", "Infinity", "-Infinity")
_JSON_VALUES = (
    *("null", "1", "1.0", "-1", "true", '"1"', '"true"', '""', '" "', "[]", "{}", "[null]"),
    *('{"a": 1}', '{"a": 1.0}', '{"a": null}', '{"A": 1}', "[1, 2]", "[2, 1]", "[[1], 2]"),
)
_RANGES = ("empty", "(,)", "[1,5)", "[1,6)", "[2,5)", "(,5)", "[1,)")
_SECONDS = "2026-01-01 00:00:0"

NUMBERS = (
    TypeValues("smallint", "int2", ("0", "1", "-1", "32767", "-32768"), (("007", "7"),)),
    TypeValues("integer", "int4", ("0", "1", "-1", "2147483647", "-2147483648"), ((" 1 ", "1"),)),
    TypeValues(
        "bigint",
        "int8",
        (
            "0",
            "4",
            "4294967301",
            "-1",
            "4294967295",
            "-4294967296",
            "9223372036854775807",
            "-9223372036854775808",
            "8589934594",
            "2",
        ),
        (("+4", "4"),),
    ),
    TypeValues(
        "numeric",
        "numeric",
        (
            "0",
            "0.0",
            "0.00",
            "1",
            "1.0",
            "1.00",
            "-1",
            "-1.0",
            "10",
            "100",
            "NaN",
            "Infinity",
            "-Infinity",
            "0.1",
            "0.10",
            "123456789012345678901234567890.123456789",
            "1e-20",
        ),
        (("1e2", "100"), ("-0", "0"), ("1.50e1", "15.0"), ("+1", "1")),
    ),
    TypeValues("numeric_18_2", "numeric(18,2)", ("0", "1", "-1", "1.01", "NaN"), (("1", "1.00"),)),
    TypeValues("real", "float4", (*_FLOATS, "16777216", "16777218"), (("1.0", "1"),)),
    TypeValues(
        "double_precision",
        "float8",
        (*_FLOATS, "0.3", "0.30000000000000004", "5e-324", "1.7976931348623157e308"),
        (("1.0", "1"), ("1e1", "10")),
    ),
    TypeValues("money", "money", ("0", "1", "-1", "42949673.01", "0.04"), (("1.00", "1"),)),
    TypeValues("oid", "oid", ("0", "1", "4294967295"), (("1", "01"),)),
    TypeValues("pg_lsn", "pg_lsn", ("0/0", "0/4", "1/5", "FFFFFFFF/0"), (("0/0a", "0/A"),)),
    TypeValues("boolean", "boolean", ("true", "false"), (("yes", "t"), ("0", "off"))),
)
TEXTS = (
    TypeValues("text", "text", _TEXTS),
    TypeValues("varchar", "varchar", _SOME_TEXTS),
    TypeValues("varchar_30", "varchar(30)", _SOME_TEXTS),
    TypeValues(
        "char_6", "char(6)", ("", " a", "a", "A", "ab", "<null>", "é"), (("a", "a  "), ("", " "))
    ),
    TypeValues("bpchar", "bpchar", _SOME_TEXTS),
    TypeValues("char", '"char"', ("a", "A", " ", "~")),
    TypeValues("name", "name", ("a", "A", "a ", "", '"', "é")),
    TypeValues("text_c", 'text COLLATE "C"', _SOME_TEXTS),
    TypeValues("text_posix", 'varchar COLLATE "POSIX"', ("", "a", "A", "a ")),
    TypeValues("bytea", "bytea", ("", "\\x00", "\\x0000", "\\x5c78", "\\x20"), (("a", "\\x61"),)),
    TypeValues("bit_4", "bit(4)", ("0000", "0001", "1000", "1111"), (("xF", "1111"),)),
    TypeValues("varbit", "varbit", ("", "0", "00", "1", "01"), (("x1", "0001"),)),
    TypeValues(
        "uuid",
        "uuid",
        (
            "00000000-0000-0000-0000-000000000000",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12",
        ),
        (("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),),
    ),
    TypeValues(
        "xml", "xml", ("<a/>", "<a></a>", "<a> </a>", "text", ""), (("<a/>", "<a/>"),), "xml"
    ),
    TypeValues("tsvector", "tsvector", ("", "'a'", "'a':1", "'a':1A", "'b'"), (("b a", "a b"),)),
    TypeValues("tsquery", "tsquery", ("'a'", "'a' & 'b'", "'b' & 'a'", "'a':A"), (("a", "'a'"),)),
)
TIMES = (
    TypeValues(
        "date",
        "date",
        ("1970-01-01", "2026-02-28", "4713-01-01 BC", "0001-01-01", "infinity", "-infinity"),
        (("February 28, 2026", "2026-02-28"),),
    ),
    TypeValues("time", "time", _TIMES, (("12:00 PM", "12:00:00"),)),
    TypeValues(
        "timetz",
        "timetz",
        ("12:00:00+00", "12:00:00+01", "11:00:00+00", "12:00:00.000001+00", "13:11:34.967297+00"),
        (("12:00 PM UTC", "12:00:00+00"),),
    ),
    TypeValues("timestamp", "timestamp", _MOMENTS, (("2026-02-28T12:00", "2026-02-28 12:00:00"),)),
    TypeValues(
        "timestamptz",
        "timestamptz",
        tuple(f"{m}" if m.endswith(("BC", "infinity")) else f"{m}+00" for m in _MOMENTS),
        (
            ("2026-02-28 12:00:00+00", "2026-02-28 20:00:00+08"),
            ("2026-02-28 12:00:00 America/New_York", "2026-02-28 17:00:00Z"),
        ),
    ),
    TypeValues(
        "interval",
        "interval",
        (
            "0",
            "1 mon",
            "30 days",
            "1 day",
            "24:00:00",
            "-1 day",
            "00:00:00.000001",
            "1 year",
            "-1 mon +30 days",
            "1 mon -30 days",
            "01:11:34.967297",
        ),
        (("12 mons", "1 year"), ("90 min", "01:30:00")),
    ),
)
STRUCTURED = (
    TypeValues(
        "json",
        "json",
        (*_JSON_VALUES, '{"a":1}', '{"a": 1, "b": 2}', '{"b": 2, "a": 1}', '{"a": 1, "a": 1}'),
    ),
    TypeValues(
        "jsonb",
        "jsonb",
        (*_JSON_VALUES, '{"a": 1, "b": 2}', '{"a": 1, "b": 2.0}', '"\\u00e9"', '"e\\u0301"'),
        (
            ('{"b": 2, "a": 1}', '{"a":1,"b":2}'),
            ('{"a": 1, "a": 2}', '{"a": 2}'),
            ('"\\u0061"', '"a"'),
        ),
    ),
    TypeValues("jsonpath", "jsonpath", ("$", '$."a"', '$."A"'), (("$.a", '$."a"'),)),
    TypeValues(
        "integers",
        "int4[]",
        (
            "{}",
            "{NULL}",
            "{NULL,NULL}",
            "{0}",
            "{1,2}",
            "{2,1}",
            "{1,2,3,4}",
            "{{1,2},{3,4}}",
            "{{1},{2},{3},{4}}",
            "[0:1]={1,2}",
            "[2:3]={1,2}",
            "{1,NULL,2}",
            "{1,2,NULL}",
        ),
        (("[1:2]={1,2}", "{1,2}"),),
    ),
    TypeValues(
        "texts",
        "text[]",
        (
            "{}",
            "{NULL}",
            '{""}',
            '{"NULL"}',
            '{"null"}',
            "{a,b}",
            '{"a,b"}',
            '{"a b"}',
            "{b,a}",
            '{"{}"}',
            "{{a},{b}}",
            '{"a "}',
            "{a}",
            '{"\\""}',
            '{"\\\\"}',
        ),
    ),
    TypeValues("numerics", "numeric[]", ("{1}", "{1.0}", "{-1}", "{NaN}", "{NULL}", "{1,1}")),
    TypeValues("floats", "float8[]", ("{0}", "{-0}", "{NaN}", "{0.1}")),
    TypeValues("bigints", "int8[]", ("{4}", "{4294967301}", "{-1}", "{4294967295}")),
    TypeValues("json_documents", "jsonb[]", ('{"{\\"a\\": 1}"}', '{"{\\"a\\": 1.0}"}', "{NULL}")),
    TypeValues("chars", "char(3)[]", ("{a}", "{b}", "{NULL}", '{""}'), (('{"a  "}', "{a}"),)),
    TypeValues("vector", "int2vector", ("", "1", "1 2", "2 1")),
)
RANGES = (
    TypeValues("int4range", "int4range", _RANGES, (("[1,4]", "[1,5)"), ("(3,3)", "empty"))),
    TypeValues("int8range", "int8range", (*_RANGES, "[4,4294967301)"), (("[1,4]", "[1,5)"),)),
    TypeValues("numrange", "numrange", (*_RANGES, "[1,5]", "(1,5)", "[1.0,5)", "[1,5.0)")),
    TypeValues("daterange", "daterange", ("empty", "[2026-01-01,2026-02-01)", "(,infinity)")),
    TypeValues(
        "tsrange", "tsrange", ("empty", f"[{_SECONDS}0,{_SECONDS}1)", f"[{_SECONDS}0,{_SECONDS}1]")
    ),
    TypeValues(
        "tstzrange",
        "tstzrange",
        ("empty", f"[{_SECONDS}0+00,{_SECONDS}1+00)", f"[{_SECONDS}0+00,{_SECONDS}2+00)"),
        ((f"[{_SECONDS}0+00,)", "[2026-01-01 08:00:00+08,)"),),
    ),
    TypeValues(
        "int4multirange",
        "int4multirange",
        ("{}", "{[1,5)}", "{[1,2),[3,5)}", "{(,)}"),
        (("{[1,2),[2,5)}", "{[1,5)}"),),
    ),
    TypeValues("nummultirange", "nummultirange", ("{}", "{[1,5)}", "{[1.0,5)}", "{[1,5]}")),
    TypeValues("tstzmultirange", "tstzmultirange", ("{}", f"{{[{_SECONDS}0+00,)}}")),
    TypeValues("own_range", f"{SCHEMA}.amounts", ("empty", "[1,2)", "[1.0,2)", "(1,2)")),
)
ADDRESSES = (
    TypeValues(
        "inet",
        "inet",
        ("10.0.0.1", "10.0.0.1/8", "10.0.0.0/8", "::1", "::10.0.0.1", "0.0.0.0/0", "::/0"),
        (("10.0.0.1/32", "10.0.0.1"), ("0:0::1", "::1")),
    ),
    TypeValues(
        "cidr", "cidr", ("10.0.0.0/8", "10.0.0.0/9", "10.0.0.1/32"), (("10", "10.0.0.0/8"),)
    ),
    TypeValues(
        "macaddr",
        "macaddr",
        ("08:00:2b:01:02:03", "08:00:2b:01:02:04"),
        (("08002b010203", "08:00:2b:01:02:03"),),
    ),
    TypeValues("macaddr8", "macaddr8", ("08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06")),
)
SHAPES = (
    TypeValues("point", "point", ("(0,0)", "(-0,0)", "(0,-0)", "(1,2)", "(2,1)", "(NaN,0)")),
    TypeValues("line", "line", ("{1,-1,0}", "{-1,1,0}", "{2,-2,0}")),
    TypeValues("lseg", "lseg", ("[(0,0),(1,1)]", "[(1,1),(0,0)]")),
    TypeValues("box", "box", ("(1,1),(0,0)", "(2,1),(0,0)"), (("(0,0),(1,1)", "(1,1),(0,0)"),)),
    TypeValues("path", "path", ("((0,0),(1,1))", "[(0,0),(1,1)]", "[(1,1),(0,0)]")),
    TypeValues("polygon", "polygon", ("((0,0),(1,1))", "((1,1),(0,0))", "((0,0),(1,1),(0,0))")),
    TypeValues("circle", "circle", ("<(0,0),1>", "<(0,0),2>", "<(1,0),1>")),
)
OWN = (
    TypeValues("enumeration", f"{SCHEMA}.status", ("new", "done", "failed", "", " new")),
    TypeValues("enumerations", f"{SCHEMA}.status[]", ("{new}", "{done}", '{""}', "{NULL}")),
    TypeValues(
        "composite",
        f"{SCHEMA}.part",
        ("(,)", "(1,)", '(1,"")', "(1.0,)", "(-1,)", '(1,"a,b")', "(1,a)", '(,"1")', '(1," a")'),
    ),
    TypeValues(
        "nested",
        f"{SCHEMA}.whole",
        (
            "(,,)",
            '("(,)",,)',
            '("(1,a)",,{})',
            '("(1,a)",,{NULL})',
            '("(1.0,a)",,{})',
            '(,"2026-01-01 00:00:00+00",)',
        ),
        (('(,"2026-01-01 00:00:00+00",)', '(,"2026-01-01 08:00:00+08",)'),),
    ),
    TypeValues("composites", f"{SCHEMA}.part[]", ('{"(1,a)"}', '{"(1.0,a)"}', '{"(1,)"}', "{}")),
    TypeValues("domain", f"{SCHEMA}.cents", ("0", "4", "4294967301", "-1")),
    TypeValues("domain_of_domain", f"{SCHEMA}.small_cents", ("0", "4", "4294967301", "-1")),
    TypeValues("domain_numeric", f"{SCHEMA}.amount", ("0", "1", "-1", "NaN"), (("1", "1.00"),)),
    TypeValues("domain_char", f"{SCHEMA}.code", ("", "a", "ab", "é"), (("a", "a  "),)),
    TypeValues("domain_moment", f"{SCHEMA}.moment", (f"{_SECONDS}0+00", f"{_SECONDS}1+00")),
    TypeValues("domain_array", f"{SCHEMA}.codes", ("{}", "{a}", "{{a}}", "[0:0]={a}")),
    TypeValues("domains", f"{SCHEMA}.amount[]", ("{1}", "{2}", "{NULL}"), (("{1}", "{1.00}"),)),
)
EXTENSIONS = (
    TypeValues("citext", "public.citext", ("a", "A", "a ", "", "é", "É"), (), "citext"),
    TypeValues(
        "hstore",
        "public.hstore",
        ("", "a=>1", "a=>NULL", 'a=>""', "a=>1,b=>2", "b=>1,a=>2", 'a=>"1,b=>2"'),
        (("b=>2,a=>1", "a=>1, b=>2"),),
        "hstore",
    ),
    TypeValues("ltree", "public.ltree", ("a", "a.b", "b.a", "A"), (), "ltree"),
    TypeValues("cube", "public.cube", ("(1)", "(1,2)", "(1),(2)"), (), "cube"),
)
TYPES = (*(*NUMBERS, *TEXTS, *TIMES, *STRUCTURED, *RANGES, *ADDRESSES, *SHAPES, *OWN, *EXTENSIONS),)
