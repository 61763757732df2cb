"""Creating, changing and deleting a resource as its entry in the table says."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jmespath

from localcloud.provider.check import follow_ups
from localcloud.provider.comparison import changed_properties
from localcloud.provider.definition import Call, ResourceType, Update
from localcloud.provider.errors import PartialCreationError, ProviderError, RefusedRequestError
from localcloud.provider.reading import Snapshot, Unread, read
from localcloud.provider.requests import build, creation_takes_tags, repetitions
from localcloud.provider.scope import Scope
from localcloud.provider.session import Session
from localcloud.provider.tagging import write_tags
from localcloud.provider.validation import violations
from localcloud.provider.waiting import DEFAULT_TIMEOUT, wait
from localcloud.provider.wire import Properties


@dataclass(frozen=True)
class Created:
    """A new resource: its id and its outputs."""

    resource_id: str
    properties: Properties


def create(
    session: Session,
    resource_type: ResourceType,
    inputs: Properties,
    timeout: float = DEFAULT_TIMEOUT,
) -> Created:
    """Create a resource and bring it to the wanted state; ``timeout`` is in seconds.

    Raises ProviderError when nothing was created, PartialCreationError when something was.
    """
    scope = session.scope(inputs)
    answer = _run(session, resource_type, resource_type.create, scope)
    scope = scope.having(answer=answer)
    resource_id = str(resource_type.identifier.resolve(scope))
    scope = scope.having(resource_id=resource_id)
    try:
        return Created(resource_id, _complete(session, resource_type, scope, inputs, timeout))
    except ProviderError as error:
        known = _as_far_as_known(session, resource_type, resource_id, inputs)
        raise PartialCreationError(resource_id, known, str(error)) from error


def _complete(
    session: Session,
    resource_type: ResourceType,
    scope: Scope,
    inputs: Properties,
    timeout: float,
) -> Properties:
    """Do what the creating call could not, and return the outputs."""
    resource_id = str(scope.resource_id)
    if resource_type.wait_created is not None:
        wait(session, resource_type, resource_type.wait_created, scope, timeout)
    nothing: frozenset[str] = frozenset()
    later = [(call, nothing) for call in resource_type.after_create]
    later += follow_ups(resource_type, inputs)
    tags = inputs.get("tags") or {}

    @cache
    def found() -> Snapshot:
        return _read_existing(session, resource_type, resource_id, {}, inputs, tags)

    state, live = Unread(lambda: found().outputs), Unread(lambda: found().live)
    scope = scope.having(state=state, live=live)
    for call, changed in later:
        _run_all(session, resource_type, [call], scope.having(changed=changed))
    if not creation_takes_tags(resource_type):
        write_tags(session, resource_type, scope, {}, tags)
    known = dict(state) if state.has_been_read else {}
    return _read_existing(session, resource_type, resource_id, known, inputs, tags).outputs


def _as_far_as_known(
    session: Session, resource_type: ResourceType, resource_id: str, inputs: Properties
) -> Properties:
    """Return the outputs of a half-made resource; its inputs when it cannot be read."""
    try:
        found = read(session, resource_type, resource_id, {}, inputs)
    except ProviderError:
        return inputs
    return inputs if found is None else {**inputs, **found.outputs}


def update(
    session: Session,
    resource_type: ResourceType,
    resource_id: str,
    state: Properties,
    old_inputs: Properties,
    inputs: Properties,
    timeout: float = DEFAULT_TIMEOUT,
    ignored: frozenset[str] = frozenset(),
) -> Properties:
    """Bring an existing resource to the wanted inputs and return its outputs.

    Called with equal old and new inputs (the engine does so after a half-made creation), it
    compares with what is live instead, and so finishes what is missing. ``ignored`` properties
    keep their live values, whoever changed them (``ignore_changes``).
    """
    live = _read_existing(session, resource_type, resource_id, state, inputs)
    wanted = {**inputs, **{name: live.inputs[name] for name in ignored & live.inputs.keys()}}
    old = old_inputs or state
    changed = _changed(resource_type, old, inputs) - ignored
    if not changed:
        old = live.inputs
        changed = _changed(resource_type, old, inputs) - ignored
    scope = session.scope(
        wanted,
        resource_id=resource_id,
        old_inputs=old,
        state=state,
        live=live.live,
        changed=frozenset(changed),
    )
    _change(session, resource_type, scope)
    if changed and resource_type.wait_updated and resource_type.wait_created is not None:
        wait(session, resource_type, resource_type.wait_created, scope, timeout)
    return _read_existing(session, resource_type, resource_id, state, inputs).outputs


def _change(session: Session, resource_type: ResourceType, scope: Scope) -> None:
    """Make the calls that the changed properties need."""
    if scope.changed and resource_type.before_update is not None:
        resource_type.before_update(session, scope)
    if scope.changed & {*resource_type.repeat_create_for}:
        _run(session, resource_type, resource_type.create, scope)
    _run_all(session, resource_type, _needed(resource_type, scope), scope)
    if "tags" in scope.changed:
        old, new = scope.old_inputs.get("tags") or {}, scope.inputs.get("tags") or {}
        write_tags(session, resource_type, scope, old, new)


def delete(
    session: Session,
    resource_type: ResourceType,
    resource_id: str,
    state: Properties,
    inputs: Properties,
    timeout: float = DEFAULT_TIMEOUT,
) -> None:
    """Delete a resource; one that is already gone counts as deleted."""
    scope = session.scope({**state, **inputs}, resource_id=resource_id, state=state)
    try:
        if resource_type.before_delete is not None:
            resource_type.before_delete(session, scope)
        for call in resource_type.delete:
            for repetition in repetitions(call, scope):
                _delete_one(session, resource_type, call, repetition)
    except RefusedRequestError as error:
        if not error.gone:
            raise
    if resource_type.wait_deleted is not None:
        wait(session, resource_type, resource_type.wait_deleted, scope, timeout)


def _delete_one(session: Session, resource_type: ResourceType, call: Call, scope: Scope) -> None:
    try:
        _run(session, resource_type, call, scope)
    except RefusedRequestError as error:
        if not error.gone:
            raise


def _needed(resource_type: ResourceType, scope: Scope) -> list[Update]:
    """Return the updates that changed properties call for; refuse what cannot be unset."""
    needed = [update for update in resource_type.updates if scope.changed & {*update.properties}]
    for update in needed:
        for name in scope.changed & {*update.properties}:
            unset = scope.inputs.get(name) is None and name not in update.resets
            if update.sends == "changed" and unset and name not in resource_type.write_only:
                what = f"{name} of {resource_type.pulumi_type}"
                raise ProviderError(f"{what} cannot be unset; give it a value instead")
    return needed


def _changed(resource_type: ResourceType, old: Properties, new: Properties) -> set[str]:
    return changed_properties(old, new, resource_type.ordered)


def _run_all(
    session: Session, resource_type: ResourceType, calls: Iterable[Call], scope: Scope
) -> None:
    for call in calls:
        for repetition in repetitions(call, scope):
            _run(session, resource_type, call, repetition)


def _run(session: Session, resource_type: ResourceType, call: Call, scope: Scope) -> dict[str, Any]:
    """Make one call, after holding its request against the service's model."""
    request = build(resource_type, call, scope)
    faults = violations(resource_type.service, call.operation, request)
    if faults:
        listed = "; ".join(map(str, faults))
        raise ProviderError(f"{resource_type.service} {call.operation}: {listed}")
    answer = session.call(resource_type.service, call.operation, request, scope.region)
    failure = jmespath.search(call.failure_path, answer) if call.failure_path else None
    if failure:
        raise ProviderError(f"{resource_type.service} {call.operation}: {failure}")
    return answer


def _read_existing(
    session: Session,
    resource_type: ResourceType,
    resource_id: str,
    state: Properties,
    inputs: Properties,
    written: dict[str, str] | None = None,
) -> Snapshot:
    found = read(session, resource_type, resource_id, state, inputs, written)
    if found is None:
        raise ProviderError(f"{resource_type.pulumi_type} {resource_id} does not exist")
    return found
