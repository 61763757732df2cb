"""From a call in the table and a resource's properties to the request that goes to AWS."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import Shape

from localcloud.provider.definition import Call, Create, ResourceType, Update
from localcloud.provider.mapper import member_for, tag_list, to_api
from localcloud.provider.models import input_members
from localcloud.provider.scope import Scope, inputs_read, resolve
from localcloud.provider.wire import UNKNOWN

Request = dict[str, Any]

_TAG_MEMBERS = ("Tags", "tags", "TagSpecifications")


def build(resource_type: ResourceType, call: Call, scope: Scope) -> Request:
    """Return the request for one call: properties by name, then the arguments of the table.

    Raises MappingError when a value has no place in the operation's model.
    """
    members = input_members(resource_type.service, call.operation)
    request: Request = {}
    for name, value in _sent(resource_type, call, scope).items():
        member = member_of(resource_type, name, members)
        if member is not None and member not in call.arguments:
            request[member] = to_api(members[member], value, name, resource_type.renames)
    for member, template in call.arguments.items():
        value = resolve(template, scope)
        if value is not None:
            request[member] = to_api(members[member], value, "", resource_type.renames)
    if isinstance(call, Create) and not resource_type.tags_after_create:
        request |= _creation_tags(resource_type, members, scope)
    return request


def repetitions(call: Call, scope: Scope) -> Iterator[Scope]:
    """Yield a scope for each time that the call is made: none, one, or one an element."""
    if call.only_if is not None and not call.only_if.resolve(scope):
        return
    if call.for_each is None:
        yield scope
        return
    elements = call.for_each.resolve(scope)
    if elements == UNKNOWN:
        return
    for element in elements or []:
        yield scope.having(item=element)


def member_of(resource_type: ResourceType, name: str, members: Mapping[str, Shape]) -> str | None:
    """Return the member of an operation that carries a property, or None."""
    renamed = resource_type.renames.get(name)
    if renamed is not None:
        return renamed if renamed in members else None
    return member_for(name, members)


@cache
def carries(resource_type: ResourceType, call: Call, name: str) -> bool:
    """Say whether a call can bring an input property to the service."""
    templates = [*call.arguments.values(), call.for_each, call.only_if]
    if any(name in inputs_read(template) for template in templates):
        return True
    if call.sends == "nothing" or (isinstance(call, Update) and name not in call.properties):
        return False
    members = input_members(resource_type.service, call.operation)
    return member_of(resource_type, name, members) is not None


@cache
def creation_takes_tags(resource_type: ResourceType) -> bool:
    """Say whether the creating call tags the resource."""
    members = input_members(resource_type.service, resource_type.create.operation)
    takes = any(member in members for member in _TAG_MEMBERS)
    return takes and not resource_type.tags_after_create


@cache
def property_shape(resource_type: ResourceType, name: str) -> Shape | None:
    """Return the shape that a property has where it is sent by its own name, or None."""
    for call in (resource_type.create, *resource_type.updates):
        members = input_members(resource_type.service, call.operation)
        member = member_of(resource_type, name, members)
        if call.sends != "nothing" and member is not None:
            return members[member]
    return None


def _sent(resource_type: ResourceType, call: Call, scope: Scope) -> dict[str, Any]:
    """Return the input properties that go along by their own names."""
    aside = {*resource_type.provider_side, *resource_type.replace_triggers, "tags", "region"}
    inputs = {name: value for name, value in scope.inputs.items() if name not in aside}
    if call.sends == "nothing":
        return {}
    if call.sends == "all" or not isinstance(call, Update):
        return inputs
    changed = [name for name in call.properties if name in scope.changed]
    return {name: inputs.get(name, call.resets.get(name)) for name in changed}


def _creation_tags(
    resource_type: ResourceType, members: Mapping[str, Shape], scope: Scope
) -> Request:
    tags = scope.inputs.get("tags")
    member = next((name for name in _TAG_MEMBERS if name in members), None)
    if not tags or member is None or resource_type.tagging is None:
        return {}
    if tags == UNKNOWN:
        return {member: UNKNOWN}
    if member != "TagSpecifications":
        return {member: tag_list(members[member], tags)}
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {member: [{"ResourceType": resource_type.tag_specification, "Tags": pairs}]}
