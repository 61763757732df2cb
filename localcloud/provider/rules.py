"""What AWS refuses although the service models do not say so.

A rule looks at a resource's inputs and yields (property, reason) for each fault; values that are
not set or not known yet pass. The table attaches rules to the types that they concern.
"""

import ipaddress
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from localcloud.provider.wire import is_unknown

Fault = tuple[str, str]
Rule = Callable[[Mapping[str, Any]], Iterable[Fault]]


def cidr(*properties: str, shortest: int = 0, longest: int = 32) -> Rule:
    """IPv4 blocks in CIDR notation, without host bits, with a prefix in the given bounds.

    A VPC and a subnet take /16 to /28 (source: "VPC CIDR blocks", Amazon VPC user guide).
    """

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for name, value in _known(inputs, properties):
            try:
                network = ipaddress.IPv4Network(value, strict=True)
            except ValueError as error:
                yield name, f"{value!r} is not a CIDR block: {error}"
                continue
            if not shortest <= network.prefixlen <= longest:
                yield name, f"{value} must have a prefix of /{shortest} to /{longest}"

    return check


def port(*properties: str, lowest: int = 0) -> Rule:
    """TCP or UDP ports; -1 stands for all where the service allows it."""

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for name, value in _known(inputs, properties):
            if not isinstance(value, int) or not lowest <= value <= 65535:
                yield name, f"{value!r} is not a port from {lowest} to 65535"

    return check


def one_of(*properties: str) -> Rule:
    """Exactly one of several properties has to be set."""

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        given = [name for name in properties if inputs.get(name) not in (None, "")]
        if len(given) != 1:
            said = " and ".join(given) or "none"
            yield properties[0], f"exactly one of {', '.join(properties)} is needed, not {said}"

    return check


def allowed(name: str, values: Iterable[object]) -> Rule:
    """A property that takes only certain values."""
    choices = list(values)

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for _, value in _known(inputs, (name,)):
            if value not in choices:
                yield name, f"{value!r} is not one of {', '.join(map(str, choices))}"

    return check


def between(name: str, lowest: float, highest: float) -> Rule:
    """A number within bounds, both included."""

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for _, value in _known(inputs, (name,)):
            if not isinstance(value, int | float) or not lowest <= value <= highest:
                yield name, f"{value!r} is not from {lowest} to {highest}"

    return check


def text(name: str, matches: Callable[[str], bool], form: str) -> Rule:
    """A text of a certain form; ``form`` says which, in words."""

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for _, value in _known(inputs, (name,)):
            if not isinstance(value, str) or not matches(value):
                yield name, f"{value!r} is not {form}"

    return check


def secret_text(name: str, matches: Callable[[str], bool], form: str) -> Rule:
    """Like ``text``, for a value that must not appear in a message."""

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for _, value in _known(inputs, (name,)):
            if not isinstance(value, str) or not matches(value):
                yield name, f"the value is not {form}"

    return check


def json_document(*properties: str) -> Rule:
    """Texts that have to be a JSON object."""

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for name, value in _known(inputs, properties):
            try:
                document = json.loads(value)
            except (TypeError, ValueError) as error:
                yield name, f"is not JSON: {error}"
                continue
            if not isinstance(document, dict):
                yield name, "must be a JSON object"

    return check


def policy_document(*properties: str) -> Rule:
    """IAM policies: a JSON object with statements, each with an effect and an action.

    Source: "Grammar of the IAM JSON policy language".
    """

    def check(inputs: Mapping[str, Any]) -> Iterator[Fault]:
        for name, value in _known(inputs, properties):
            faults = list(json_document(name)({name: value}))
            yield from faults
            if not faults:
                yield from ((name, reason) for reason in _policy_faults(json.loads(value)))

    return check


def _policy_faults(document: Mapping[str, Any]) -> Iterator[str]:
    if document.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        yield f"policy version {document['Version']!r} does not exist"
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        yield "a policy needs a Statement"
        return
    for statement in statements:
        if not isinstance(statement, dict):
            yield "a policy's statement must be an object"
            continue
        if statement.get("Effect") not in ("Allow", "Deny"):
            yield "a policy's statement needs an Effect, Allow or Deny"
        if not ({"Action", "NotAction"} & statement.keys()):
            yield "a policy's statement needs an Action or a NotAction"


def _known(inputs: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        value = inputs.get(name)
        if value is not None and not is_unknown(value):
            yield name, value
