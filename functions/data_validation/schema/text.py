"""Names and definitions as text that does not depend on the server's major version.

The catalogue is read with `quote_all_identifiers`, because which names a server quotes by itself
depends on its list of key words, which grows with each major version (manual, "SQL Key Words").
Here the quotes that no reader needs are taken off again, the same way for both sides.
"""

import re

from functions.data_validation.tables import quoted

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_$]*")
# Printed without quotes and in lower case, these two are values and not names.
_BOOLEANS = frozenset({"true", "false"})
_TOKEN = re.compile(
    r"""
    '(?P<relation>(?:"(?:[^"']|"")*"\.?)+)'(?P<cast>::"regclass")   # 'schema.sequence'::regclass
    | (?P<literal>'(?:[^']|'')*')
    | "(?P<name>(?:[^"]|"")+)"
    | (?P<space>\s+)
    """,
    re.VERBOSE,
)


def identifier(name: str) -> str:
    """Return a name as in SQL: quoted unless it is plain."""
    plain = _PLAIN_NAME.fullmatch(name) and name not in _BOOLEANS
    return name if plain else quoted(name)


def qualified(*names: str) -> str:
    """Return names joined by dots: `schema.table.column`."""
    return ".".join(map(identifier, names))


def on_table(name: str, table: str) -> str:
    """Return the name of what is unique within its table only: `constraint on schema.table`."""
    return f"{identifier(name)} on {table}"


def readable(text: str) -> str:
    """Return an expression or a definition without needless quotes, on one line.

    Literals stay as they are, except for the relation's name in `'…'::regclass`.
    """
    return _TOKEN.sub(_readable_token, text).strip()


def _readable_token(token: re.Match[str]) -> str:
    if token["relation"] is not None:
        return f"'{readable(token['relation'])}'::regclass"
    if token["literal"] is not None:
        return token["literal"]
    if token["name"] is not None:
        return identifier(token["name"].replace('""', '"'))
    return " "


def without_qualifier(definition: str, qualifier: str) -> str:
    """Return a readable definition without `qualifier.` before names, literals untouched."""
    pattern = re.compile(rf"""'(?:[^']|'')*'|(?<![\w$".]){re.escape(qualifier)}\.""")
    return pattern.sub(lambda token: token[0] if token[0].startswith("'") else "", definition)


def qualifiers(definition: str) -> frozenset[str]:
    """Return the first part of every qualified name in a readable definition."""
    pattern = re.compile(r"""'(?:[^']|'')*'|(?<![\w$".])([a-z_][\w$]*|"(?:[^"]|"")+")\.""")
    return frozenset(token[1] for token in pattern.finditer(definition) if token[1])
