"""The function that writes IAM policy documents (``iam.getPolicyDocument``).

Source: "Grammar of the IAM JSON policy language"; the form of the text (a single element instead
of a list of one, sorted elements) is Terraform's, so that a document looks alike on both sides.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from localcloud.provider.functions import Function
from localcloud.provider.session import Session
from localcloud.provider.wire import Properties

_ELEMENTS = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}


def _policy_document(session: Session, arguments: Properties) -> Properties:
    statements = [_statement(each) for each in arguments.get("statements") or []]
    sources = [json.loads(each) for each in arguments.get("sourcePolicyDocuments") or []]
    overrides = [json.loads(each) for each in arguments.get("overridePolicyDocuments") or []]
    document: dict[str, Any] = {"Version": arguments.get("version", "2012-10-17")}
    if arguments.get("policyId"):
        document["Id"] = arguments["policyId"]
    document["Statement"] = _merged(sources, statements, overrides)
    minified = json.dumps(document, separators=(",", ":"))
    return {
        **arguments,
        "id": str(int(hashlib.sha256(minified.encode()).hexdigest()[:8], 16)),
        "json": json.dumps(document, indent=2),
        "minifiedJson": minified,
    }


def _merged(
    sources: list[Any], statements: list[dict[str, Any]], overrides: list[Any]
) -> list[dict[str, Any]]:
    """Return all statements; a later one replaces an earlier one with the same Sid."""
    merged: list[dict[str, Any]] = []
    from_sources = [each for source in sources for each in _statements_of(source)]
    from_overrides = [each for override in overrides for each in _statements_of(override)]
    for statement in [*from_sources, *statements, *from_overrides]:
        sid = statement.get("Sid")
        index = next((i for i, each in enumerate(merged) if sid and each.get("Sid") == sid), None)
        if index is None:
            merged.append(statement)
        else:
            merged[index] = statement
    return merged


def _statements_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    statements = document.get("Statement", [])
    return list(statements) if isinstance(statements, list) else [statements]


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    statement["Effect"] = given.get("effect", "Allow")
    for name, element in _ELEMENTS.items():
        if given.get(name):
            statement[element] = _one_or_many(sorted(given[name]))
    for name, element in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(name):
            statement[element] = _principals(given[name])
    conditions: dict[str, dict[str, Any]] = {}
    for each in given.get("conditions") or []:
        conditions.setdefault(each["test"], {})[each["variable"]] = _one_or_many(each["values"])
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principals(given: list[Mapping[str, Any]]) -> Any:
    if any(each["type"] == "*" for each in given):
        return "*"
    by_type: dict[str, list[str]] = {}
    for each in given:
        by_type.setdefault(each["type"], []).extend(each["identifiers"])
    return {kind: _one_or_many(sorted(names)) for kind, names in by_type.items()}


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


FUNCTIONS = {
    "aws:iam/getPolicyDocument:getPolicyDocument": Function(
        _policy_document,
        frozenset(
            {
                "overridePolicyDocuments",
                "policyId",
                "sourcePolicyDocuments",
                "statements",
                "version",
            }
        ),
    ),
}
