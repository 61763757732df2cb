"""Which tables a task's table mappings select. Pure.

Source: "Specifying table selection and transformations rules using JSON" and "Wildcards in table
mapping", AWS DMS User Guide. Selection rules are followed; what would change names, columns or
rows on the way is refused by name, because PostgreSQL's logical replication copies rows as they
are to the table of the same name.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from localcloud.replication.errors import MappingError

_IGNORED_RULES = frozenset({"table-settings"})
"""Parallel load and LOB settings: they change how fast rows travel, not which."""

_WILDCARD = re.compile(r"%|_|\[[^\]]*\]|[^%_\[]+|\[")


@dataclass(frozen=True)
class SelectionRule:
    """One selection rule; ``action`` is include, exclude or explicit."""

    action: str
    schema: "re.Pattern[str]"
    table: "re.Pattern[str]"

    def matches(self, schema: str, table: str) -> bool:
        """Return whether the rule is about this table."""
        return bool(self.schema.fullmatch(schema) and self.table.fullmatch(table))


@dataclass(frozen=True)
class TableMappings:
    """The selection rules of a task."""

    rules: tuple[SelectionRule, ...]

    def selects(self, schema: str, table: str) -> bool:
        """Return whether a rule includes the table and none excludes it."""
        actions = {rule.action for rule in self.rules if rule.matches(schema, table)}
        return bool(actions & {"include", "explicit"}) and "exclude" not in actions


def parse_mappings(text: str) -> TableMappings:
    """Read a task's ``TableMappings``.

    Raises MappingError for what DMS refuses too, NotImplementedError for what only DMS can do.
    """
    try:
        document = json.loads(text)
        rules = document["rules"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise MappingError("the table mappings are no JSON object with a list of rules") from error
    selections = tuple(
        _selection(rule) for rule in rules if rule.get("rule-type") not in _IGNORED_RULES
    )
    if not any(rule.action != "exclude" for rule in selections):
        raise MappingError("at least one selection rule that includes tables is needed")
    return TableMappings(selections)


def _selection(rule: dict[str, Any]) -> SelectionRule:
    label = f"rule {rule.get('rule-id', '?')}"
    if rule.get("rule-type") != "selection":
        raise NotImplementedError(
            f"Table mapping {label}: rules of type {rule.get('rule-type')!r}: tables keep their "
            "names, columns and rows."
        )
    if rule.get("filters"):
        raise NotImplementedError(f"Table mapping {label}: filters: every row is replicated.")
    action, locator = rule.get("rule-action"), rule.get("object-locator") or {}
    if action not in ("include", "exclude", "explicit"):
        raise MappingError(f"{label} has the rule-action {action!r}")
    if locator.get("table-type", "table") not in ("table", "all"):
        raise NotImplementedError(f"Table mapping {label}: views as sources.")
    try:
        schema, table = locator["schema-name"], locator["table-name"]
    except KeyError as missing:
        raise MappingError(f"{label} has no {missing.args[0]} in its object-locator") from missing
    if action == "explicit":
        return SelectionRule(action, re.compile(re.escape(schema)), re.compile(re.escape(table)))
    return SelectionRule(action, _pattern(schema), _pattern(table))


def _pattern(text: str) -> "re.Pattern[str]":
    return re.compile("".join(_piece(piece) for piece in _WILDCARD.findall(text)), re.DOTALL)


def _piece(piece: str) -> str:
    if piece == "%":
        return ".*"
    if piece == "_":
        return "."
    if piece.startswith("[") and len(piece) > 2:
        inverted = piece[1] == "^"
        members = re.escape(piece[2 if inverted else 1 : -1])
        return f"[{'^' if inverted else ''}{members}]"
    return re.escape(piece)
