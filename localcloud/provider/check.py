"""Inputs as the program wrote them: completed with defaults and names, and held to the rules.

Everything that can be known before anything is created is said here, so that a preview shows it.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from localcloud.provider.archives import ArchiveError, with_hash
from localcloud.provider.coverage import carried_inputs
from localcloud.provider.definition import Call, ResourceType
from localcloud.provider.mapper import MappingError
from localcloud.provider.requests import build, carries, repetitions
from localcloud.provider.rules import Fault
from localcloud.provider.schema import schema_of
from localcloud.provider.scope import Scope
from localcloud.provider.session import Session
from localcloud.provider.validation import violations
from localcloud.provider.wire import UNKNOWN, Properties, is_archive, is_unknown

_ENGINE_KEYS = frozenset({"__defaults", "__internal"})
_SUFFIX_LENGTH = 7


@dataclass
class Checked:
    """Completed inputs, and what is wrong with them as (property, reason)."""

    inputs: Properties
    faults: list[Fault] = field(default_factory=list)


def check(
    session: Session,
    resource_type: ResourceType,
    name: str,
    inputs: Properties,
    old_inputs: Properties,
    seed: bytes,
) -> Checked:
    """Return the inputs to store, and every fault that can be known already.

    ``name`` is the resource's name in the program and ``seed`` the engine's random bytes: a
    resource without a name of its own gets one made of both, and keeps it.
    """
    given = {key: value for key, value in inputs.items() if key not in _ENGINE_KEYS}
    faults = list(_unsupported(resource_type, given))
    completed = {**resource_type.defaults, **given}
    _add_name(resource_type, name, completed, old_inputs, seed)
    faults += _add_archive_hashes(completed)
    schema = schema_of(resource_type.pulumi_type)
    if "region" in schema.inputs:
        completed.setdefault("region", session.region)
    faults += [
        (required, f"missing required property {required!r}")
        for required in sorted(schema.required - completed.keys())
    ]
    if not faults:
        faults += [fault for rule in resource_type.rules for fault in rule(completed)]
        faults += _request_faults(session, resource_type, completed)
    return Checked(completed, list(dict.fromkeys(faults)))


def _unsupported(resource_type: ResourceType, inputs: Properties) -> Iterator[Fault]:
    known = schema_of(resource_type.pulumi_type).inputs
    carried = carried_inputs(resource_type)
    for name in sorted(inputs.keys() - known):
        yield name, f"{resource_type.pulumi_type} has no property {name!r}"
    for name in sorted((inputs.keys() & known) - carried):
        reason = "is not implemented by the local aws provider: it would not reach the service"
        yield name, f"property {name!r} of {resource_type.pulumi_type} {reason}"


def _add_name(
    resource_type: ResourceType,
    name: str,
    inputs: Properties,
    old_inputs: Properties,
    seed: bytes,
) -> None:
    """Make up a name where the program gives none, as Pulumi does: the resource's and a suffix."""
    key = resource_type.name_property
    if key is None or key in inputs:
        return
    prefix = inputs.get(f"{key}Prefix")
    if key in old_inputs and old_inputs.get(f"{key}Prefix") == prefix:
        inputs[key] = old_inputs[key]
        return
    if is_unknown(prefix):
        inputs[key] = UNKNOWN
        return
    suffix = (seed.hex() or secrets.token_hex(_SUFFIX_LENGTH))[:_SUFFIX_LENGTH]
    made = f"{prefix}{suffix}" if prefix else f"{name}-{suffix}"
    inputs[key] = made.lower() if resource_type.lower_case_name else made


def _add_archive_hashes(inputs: Properties) -> Iterator[Fault]:
    for name, value in list(inputs.items()):
        if is_archive(value):
            try:
                inputs[name] = with_hash(value)
            except ArchiveError as error:
                yield name, str(error)


def _request_faults(
    session: Session, resource_type: ResourceType, inputs: Properties
) -> Iterator[Fault]:
    """Yield what the services' models find in the requests that creation would send."""
    calls: list[tuple[Call, frozenset[str]]] = [(resource_type.create, frozenset())]
    for call, changed in [*calls, *follow_ups(resource_type, inputs)]:
        for repetition in repetitions(call, session.scope(inputs, changed=changed)):
            yield from _faults_of(resource_type, call, repetition)


def follow_ups(
    resource_type: ResourceType, inputs: Properties
) -> Iterator[tuple[Call, frozenset[str]]]:
    """Yield the update calls that creation needs too, each with the inputs it is needed for.

    These are the inputs that the creating call cannot carry.
    """
    for update in resource_type.updates:
        left = frozenset(
            name
            for name in update.properties
            if inputs.get(name) is not None
            and name not in resource_type.provider_side
            and not carries(resource_type, resource_type.create, name)
        )
        if left:
            yield update, left


def _faults_of(resource_type: ResourceType, call: Call, scope: Scope) -> Iterator[Fault]:
    try:
        request = build(resource_type, call, scope)
    except MappingError as error:
        yield _property_of(resource_type, error.path, scope), str(error)
        return
    except ArchiveError as error:
        yield "code", str(error)
        return
    for violation in violations(resource_type.service, call.operation, request):
        name = _property_of(resource_type, violation.path, scope)
        yield name, f"{resource_type.service} {call.operation}: {violation}"


def _property_of(resource_type: ResourceType, path: str, scope: Scope) -> str:
    """Return the input property that a request's member comes from.

    Where the names do not tell, it is one of those that the call changes, or else the member.
    """
    member = path.split(".")[0].split("[")[0]
    for name, renamed in resource_type.renames.items():
        if renamed == member:
            return name
    inputs = schema_of(resource_type.pulumi_type).inputs
    named = next((name for name in inputs if name.lower() == member.lower()), None)
    return named or min(scope.changed, default=member)
