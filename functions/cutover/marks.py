"""Marks: which files a side's tables had when their comparison began.

TRUNCATE is replicated by neither engine, and no fence holds an owner back. It gives a table another
file, as VACUUM FULL, CLUSTER and a rewriting ALTER TABLE do (PostgreSQL manual, "Database File
Layout"; pg_class.relfilenode). So a comparison holds as long as the files are the same. Partitions
have files of their own, partitioned tables have none.
"""

import contextlib
from collections.abc import Iterator

from pg8000.native import literal

from functions.cutover.control_schema import UNDEFINED
from functions.cutover.errors import TABLES_REWRITTEN, UnusableInputError
from functions.cutover.session import Session
from functions.runtime.errors import DatabaseError
from functions.runtime.route import Side

FORGET = "DELETE FROM aurora_migration.mark;"
_FILES = """
    SELECT c.relname::text AS relation, c.relfilenode FROM pg_class c
     WHERE c.relkind = 'r'
       AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = {schema})
"""
_REWRITTEN = """
    SELECT m.relation FROM aurora_migration.mark m LEFT JOIN ({files}) AS f USING (relation)
     WHERE f.relfilenode IS DISTINCT FROM m.relfilenode ORDER BY m.relation
"""


def take(session: Session, schema: str) -> None:
    """Note the files of a schema's tables, in the place of all earlier marks.

    Raises DatabaseError.
    """
    files = _FILES.format(schema=literal(schema))
    session.run(f"{FORGET} INSERT INTO aurora_migration.mark (relation, relfilenode) {files}")


def require_same_files(session: Session, side: Side, schema: str) -> bool:
    """Return whether there are marks; a table that is gone or has another file is refused.

    Raises UnusableInputError that names all such tables, DatabaseError.
    """
    try:
        ((marked,),) = session.run("SELECT EXISTS (SELECT FROM aurora_migration.mark)")
    except DatabaseError as error:
        if error.sqlstate in UNDEFINED:
            return False
        raise
    rewritten = [f"{schema}.{relation}" for (relation,) in session.run(_rewritten(schema))]
    if rewritten:
        raise UnusableInputError(
            f"the {side} has tables that were truncated, rewritten or dropped since their"
            f" comparison began: {', '.join(rewritten)}. What such a command has done is not"
            " replicated: begin another run, which compares again"
        )
    return bool(marked)


def checking(schema: str) -> str:
    """Return PL/pgSQL that raises TABLES_REWRITTEN unless all marked tables have their files."""
    return (
        f"IF EXISTS ({_rewritten(schema)}) THEN RAISE EXCEPTION 'tables were rewritten meanwhile'"
        f" USING ERRCODE = '{TABLES_REWRITTEN}'; END IF;"
    )


@contextlib.contextmanager
def naming_tables(session: Session, side: Side, schema: str) -> Iterator[None]:
    """Raise UnusableInputError that names the tables where TABLES_REWRITTEN is raised."""
    try:
        yield
    except DatabaseError as error:
        if error.sqlstate == TABLES_REWRITTEN:
            require_same_files(session, side, schema)
        raise


def _rewritten(schema: str) -> str:
    return _REWRITTEN.format(files=_FILES.format(schema=literal(schema)))
