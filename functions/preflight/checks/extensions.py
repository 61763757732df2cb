"""Extensions and collations: what both servers bring besides PostgreSQL itself.

Sources: PostgreSQL manual, "pg_extension", "pg_available_extension_versions", ALTER COLLATION
("Notes": REFRESH VERSION), ALTER DATABASE … REFRESH COLLATION VERSION.
"""

from collections.abc import Iterator

from functions.preflight.model import (
    BEFORE_LOAD,
    BOTH_PHASES,
    ON_BOTH,
    Check,
    Facts,
    Problem,
    Severity,
    each_row,
    on_target,
    reading,
)
from functions.preflight.scope import with_relation

# Used: something of the schema cannot exist without something of the extension.
_EXTENSIONS = with_relation(
    """
, ours AS (
    SELECT 'pg_class'::regclass AS catalogue, oid FROM relation
    UNION ALL SELECT 'pg_attrdef'::regclass, d.oid FROM pg_attrdef d JOIN relation t
                  ON t.oid = d.adrelid
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM pg_constraint k JOIN relation t
                  ON t.oid = k.conrelid
    UNION ALL SELECT 'pg_trigger'::regclass, g.oid FROM pg_trigger g JOIN relation t
                  ON t.oid = g.tgrelid
    UNION ALL SELECT 'pg_rewrite'::regclass, w.oid FROM pg_rewrite w JOIN relation t
                  ON t.oid = w.ev_class
    UNION ALL SELECT 'pg_proc'::regclass, p.oid FROM pg_proc p JOIN pg_namespace n
                  ON n.oid = p.pronamespace WHERE n.nspname = :schema
    UNION ALL SELECT 'pg_type'::regclass, y.oid FROM pg_type y JOIN pg_namespace n
                  ON n.oid = y.typnamespace WHERE n.nspname = :schema
    EXCEPT SELECT classid::regclass, objid FROM pg_depend WHERE deptype = 'e'
)
SELECT quote_ident(x.extname), x.extversion, x.extversion, quote_ident(n.nspname),
       EXISTS (SELECT FROM ours o
                 JOIN pg_depend d ON d.classid = o.catalogue AND d.objid = o.oid
                 JOIN pg_depend m ON m.classid = d.refclassid AND m.objid = d.refobjid
                WHERE m.deptype = 'e' AND m.refclassid = 'pg_extension'::regclass
                  AND m.refobjid = x.oid)
  FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
UNION ALL
SELECT quote_ident(v.name), NULL, v.version, NULL, false
  FROM pg_available_extension_versions v
 ORDER BY 1, 3
"""
)
_COLLATIONS = """
    SELECT format('COLLATION %I.%I', n.nspname, c.collname), c.collversion,
           pg_collation_actual_version(c.oid)
      FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
     WHERE c.collversion IS NOT NULL
       AND EXISTS (SELECT FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
                     JOIN pg_namespace s ON s.oid = t.relnamespace
                    WHERE s.nspname = :schema AND a.attcollation = c.oid AND a.attnum > 0)
     ORDER BY 1
"""
_DATABASE_COLLATION = """
    SELECT format('DATABASE %I', datname), datcollversion,
           pg_database_collation_actual_version(oid)
      FROM pg_database WHERE datname = current_database() AND datcollversion IS NOT NULL
"""
_DATABASE_COLLATION_SINCE = 150_000


def _missing(facts: Facts) -> Iterator[Problem]:
    there = {name for name, installed, *_ in facts.target if installed is not None}
    available = {name for name, *_ in facts.target}
    for name, installed, _, schema, used in facts.source:
        if installed is None or name in there:
            continue
        where = "" if schema == "pg_catalog" else f" SCHEMA {schema}"
        yield Problem(
            name,
            "The target has not this extension, "
            + ("and the schema needs it." if used else "which the application may use."),
            f"CREATE EXTENSION {name}{where}" if name in available else None,
            None if used else Severity.WARNING,
        )


def _versions(facts: Facts) -> Iterator[Problem]:
    there = {name: installed for name, installed, *_ in facts.target if installed is not None}
    available = {(name, version) for name, _, version, *_ in facts.target}
    for name, installed, *_ in facts.source:
        if installed is None or there.get(name, installed) == installed:
            continue
        upgrade = _order(there[name]) < _order(installed)
        literal = "'" + installed.replace("'", "''") + "'"
        fix = f"ALTER EXTENSION {name} UPDATE TO {literal}"
        yield Problem(
            name,
            f"It is version {installed} on the source and {there[name]} on the target, and its"
            " functions and types may behave in another way.",
            fix if upgrade and (name, installed) in available else None,
            Severity.WARNING if upgrade else Severity.NOTE,
        )


def _order(version: str) -> tuple[tuple[int, str], ...]:
    """Return what versions such as `1.6.2` are sorted by; parts without a number come first."""
    parts = version.replace("-", ".").split(".")
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _collation_version(subject: str, recorded: str, actual: str | None) -> Problem | None:
    if actual is None or actual == recorded:
        return None
    kind, _, name = subject.partition(" ")
    word = "COLLATION VERSION" if kind == "DATABASE" else "VERSION"
    return Problem(
        subject,
        f"Text was ordered by version {recorded} of the library that now has version {actual}, so"
        " indexes of text may be corrupt and miss rows: REINDEX those first.",
        f"ALTER {kind} {name} REFRESH {word}",
    )


def _libraries(facts: Facts) -> Iterator[Problem]:
    there = {subject: actual for subject, _, actual in facts.target}
    for subject, _, actual in facts.source:
        if there.get(subject, actual) != actual:
            yield Problem(
                subject,
                f"Its library is version {actual} on the source and {there[subject]} on the target,"
                " so some text may be ordered in another way there.",
            )


CHECKS = (
    Check(
        "missing-extensions",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_BOTH,
        reading(_EXTENSIONS),
        on_target(_missing),
        finds="extensions that the target lacks; one that the schema does not need is a warning",
        matters="types and functions are missing",
        remedy="`CREATE EXTENSION`",
    ),
    Check(
        "extension-versions",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_EXTENSIONS),
        on_target(_versions),
        finds="extensions of an older version on the target; a newer one is a note",
        matters="functions and types may behave in another way",
        remedy="`ALTER EXTENSION … UPDATE`",
    ),
    Check(
        "collation-versions",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_COLLATIONS),
        each_row(_collation_version),
        finds="collations of columns whose library has changed since their indexes were built",
        matters="indexes of text may miss rows",
        remedy="`REINDEX`, then `REFRESH VERSION`",
    ),
    Check(
        "database-collation-version",
        Severity.WARNING,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_DATABASE_COLLATION, since=_DATABASE_COLLATION_SINCE),
        each_row(_collation_version),
        finds="a database whose collation's library has changed since its indexes were built",
        matters="indexes of text may miss rows",
        remedy="`REINDEX`, then `REFRESH COLLATION VERSION`",
    ),
    Check(
        "collation-libraries",
        Severity.NOTE,
        BEFORE_LOAD,
        ON_BOTH,
        reading(_COLLATIONS),
        on_target(_libraries),
        finds="collations whose library has another version on the target",
        matters="some text may be ordered in another way",
        remedy="none needed",
    ),
)
