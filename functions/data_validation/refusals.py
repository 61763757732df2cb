"""What is said when a side does not let something be read."""

from functions.runtime.errors import DatabaseError

_MEANINGS = {
    "22021": "a text is not valid in UTF-8",
    "42501": (
        "the user lacks SELECT on all columns or USAGE on the schema,"
        " or is one whom row-level security hides rows from"
    ),
    "42703": "a column is gone",
    "42P01": "the table is gone",
    "57014": "a statement takes longer than it may, or waits for a lock that long",
}
"""By SQLSTATE (PostgreSQL manual, "PostgreSQL Error Codes"): what an operator can do about it."""


def explained(error: DatabaseError) -> str:
    """Return what a database answered, with what it means here."""
    meaning = _MEANINGS.get(error.sqlstate or "")
    return f"{error}; {meaning}" if meaning else str(error)


def refused(error: DatabaseError) -> str:
    """Return why a table was not compared to its end."""
    return f"a side refused to go on: {explained(error)}"
