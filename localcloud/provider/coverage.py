"""Which inputs of a type reach the service, and whether the table agrees with botocore's models.

An input that no call carries would be dropped silently, so it is refused by name. The rest of
this module is a lint: every operation, argument, rename and property that the table names has to
exist where it says.
"""

import functools
from collections.abc import Iterator, Mapping

from botocore.exceptions import BotoCoreError

from localcloud.provider.definition import Call, ResourceType, Update
from localcloud.provider.models import input_members, service_model
from localcloud.provider.requests import carries
from localcloud.provider.schema import schema_of
from localcloud.provider.scope import inputs_read

_BY_THE_CORE = frozenset({"region", "tags"})


def calls_of(resource_type: ResourceType) -> Iterator[Call]:
    """Yield every call of a type's entry, without those of its service's tagging."""
    yield resource_type.create
    yield from resource_type.after_create
    yield from resource_type.read
    yield from resource_type.updates
    yield from resource_type.delete


@functools.cache
def _carried(token: str) -> frozenset[str]:
    from localcloud.provider.services import RESOURCE_TYPES  # the table names this module's users

    return _carried_by(RESOURCE_TYPES[token])


def carried_inputs(resource_type: ResourceType) -> frozenset[str]:
    """Return the inputs that reach the service or that the provider itself acts upon."""
    return _carried(resource_type.pulumi_type)


def _carried_by(resource_type: ResourceType) -> frozenset[str]:
    schema = schema_of(resource_type.pulumi_type)
    writing = (resource_type.create, *resource_type.after_create, *resource_type.updates)
    prefix = f"{resource_type.name_property}Prefix"
    carried = {
        name for name in schema.inputs for call in writing if carries(resource_type, call, name)
    }
    also = {
        *_BY_THE_CORE,
        *resource_type.provider_side,
        *resource_type.replace_triggers,
        *_read_by_deletion(resource_type),
        prefix,
    }
    if resource_type.tagging is None:
        also.discard("tags")
    return frozenset(schema.inputs & (carried | also)) - resource_type.unsupported


def _read_by_deletion(resource_type: ResourceType) -> frozenset[str]:
    templates = [argument for call in resource_type.delete for argument in call.arguments.values()]
    return frozenset().union(*(inputs_read(template) for template in templates))


def lint(resource_type: ResourceType) -> list[str]:
    """Return what is wrong with an entry of the table, in words; empty when nothing is."""
    return [
        f"{resource_type.pulumi_type}: {fault}"
        for part in (_call_faults, _property_faults, _tagging_faults)
        for fault in part(resource_type)
    ]


def _call_faults(resource_type: ResourceType) -> Iterator[str]:
    known = schema_of(resource_type.pulumi_type)
    for call in calls_of(resource_type):
        yield from _operation_faults(resource_type.service, call.operation, call.arguments)
        if isinstance(call, Update):
            for name in {*call.properties, *call.resets} - known.inputs:
                yield f"{call.operation} updates {name}, which is no input"
    for name in {name for update in resource_type.updates for name in update.properties}:
        silent = name in resource_type.provider_side
        if not silent and not any(carries(resource_type, u, name) for u in resource_type.updates):
            yield f"{name} is meant to be updated, but no call carries it"


def _property_faults(resource_type: ResourceType) -> Iterator[str]:
    known = schema_of(resource_type.pulumi_type)
    named: dict[str, set[str]] = {
        "renames": {name.split(".")[0] for name in resource_type.renames},
        "outputs": set(resource_type.outputs),
        "repeat_create_for": set(resource_type.repeat_create_for),
        "defaults": set(resource_type.defaults),
        "provider_side": set(resource_type.provider_side),
        "replace_triggers": set(resource_type.replace_triggers),
        "unsupported": set(resource_type.unsupported),
        "write_only": set(resource_type.write_only),
        "ordered": set(resource_type.ordered),
        "name_property": {name for name in [resource_type.name_property] if name is not None},
    }
    for where, names in named.items():
        for name in names - known.inputs - known.outputs:
            yield f"{where} names {name}, which is no property"
    for name in known.required - carried_inputs(resource_type):
        yield f"the required input {name} is carried by no call"
    for name in resource_type.repeat_create_for:
        if not carries(resource_type, resource_type.create, name):
            yield f"{resource_type.create.operation} does not carry {name}"


def _tagging_faults(resource_type: ResourceType) -> Iterator[str]:
    tagging = resource_type.tagging
    has_tags = "tags" in schema_of(resource_type.pulumi_type).inputs
    if tagging is None:
        if has_tags:
            yield "has tags, but no tagging"
        return
    if not has_tags:
        yield "has tagging, but no tags"
    arguments = {tagging.resource_argument: None, **dict.fromkeys(tagging.constants)}
    service = resource_type.service
    tag_arguments = {**arguments, tagging.tags_argument: None}
    yield from _operation_faults(service, tagging.tag_operation, tag_arguments)
    if tagging.untag_operation is not None:
        untag_arguments = {**arguments, tagging.keys_argument: None}
        yield from _operation_faults(service, tagging.untag_operation, untag_arguments)
    if tagging.list_operation is not None:
        yield from _operation_faults(service, tagging.list_operation, arguments)


def _operation_faults(
    service: str, operation: str, arguments: Mapping[str, object]
) -> Iterator[str]:
    try:
        exists = operation in service_model(service).operation_names
    except BotoCoreError:
        exists = False
    if not exists:
        yield f"{service} has no operation {operation}"
        return
    for name in arguments.keys() - input_members(service, operation).keys():
        yield f"{service} {operation} has no argument {name}"
