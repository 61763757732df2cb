"""What AWS says about a resource, in Pulumi's properties; the source of outputs and of drift.

Two rules keep drift honest: an input that can be updated and that the service no longer reports
has drifted; one that would need a replacement and is not reported is taken as unchanged, because
services do not report everything that they were given.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jmespath

from localcloud.provider.comparison import same
from localcloud.provider.definition import Read, ResourceType
from localcloud.provider.errors import RefusedRequestError
from localcloud.provider.mapper import camel_case, find, project, with_plain_values
from localcloud.provider.requests import build, property_shape
from localcloud.provider.schema import schema_of
from localcloud.provider.scope import Expression, Scope, resolve
from localcloud.provider.session import Session
from localcloud.provider.tagging import Tags, read_tags
from localcloud.provider.wire import Properties


@dataclass(frozen=True)
class Snapshot:
    """A resource as it is: outputs for the state, inputs for comparison with the program, and
    the service's own description.
    """

    outputs: Properties
    inputs: Properties
    live: Properties


class Unread(Mapping[str, Any]):
    """Properties that are read from the service when somebody first looks at them."""

    def __init__(self, read_them: Callable[[], Mapping[str, Any]]) -> None:
        self._read_them = read_them
        self.has_been_read = False

    def __getitem__(self, name: str) -> Any:
        return self._properties[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)

    @cached_property
    def _properties(self) -> Mapping[str, Any]:
        self.has_been_read = True
        return self._read_them()


def read(
    session: Session,
    resource_type: ResourceType,
    resource_id: str,
    state: Properties,
    inputs: Properties,
    written: Tags | None = None,
) -> Snapshot | None:
    """Return what a resource looks like now, or None when it does not exist.

    ``state`` are the last known outputs, ``inputs`` the last known inputs; both are empty when
    the resource is only now looked up by its id. ``written`` are the tags that it was just
    created with.
    """
    known = {**state, **inputs} or _from_id(resource_type, resource_id)
    scope = session.scope(known, resource_id=resource_id, state=state)
    live = _describe(session, resource_type, scope)
    if live is None:
        return None
    scope = scope.having(live=live)
    outputs = _outputs(resource_type, live, inputs)
    scope = scope.having(state={**state, **outputs})
    outputs |= _expressions(resource_type, scope)
    scope = scope.having(state={**state, **outputs})
    live_inputs = _inputs(resource_type, inputs, outputs, imported=not inputs)
    if resource_type.tagging is not None:
        _add_tags(read_tags(session, resource_type, scope, live, written), outputs, live_inputs)
    if "region" in schema_of(resource_type.pulumi_type).outputs:
        outputs["region"] = scope.region
    return Snapshot(outputs={**inputs, **live_inputs, **outputs}, inputs=live_inputs, live=live)


def _from_id(resource_type: ResourceType, resource_id: str) -> Properties:
    if resource_type.import_parts is None:
        return {}
    separator, names = resource_type.import_parts
    return dict(zip(names, resource_id.split(separator, len(names) - 1), strict=False))


def _describe(session: Session, resource_type: ResourceType, scope: Scope) -> dict[str, Any] | None:
    """Return the answers to all reads as one description, or None when the first finds nothing."""
    live: dict[str, Any] = {}
    for index, call in enumerate(resource_type.read):
        found = _read_one(session, resource_type, call, scope.having(live=live))
        if found is None and index == 0:
            return None
        live |= found or {}
    for path in resource_type.flatten:
        live = {**(jmespath.search(path, live) or {}), **live}
    return live


def _read_one(
    session: Session, resource_type: ResourceType, call: Read, scope: Scope
) -> dict[str, Any] | None:
    if call.only_if is not None and not call.only_if.resolve(scope):
        return None
    request = build(resource_type, call, scope)
    send = session.pages if call.where or call.all_pages else session.call
    try:
        answer = send(resource_type.service, call.operation, request, scope.region)
    except RefusedRequestError as error:
        if error.gone:
            return None
        raise
    if call.json_text is not None and call.json_text in answer:
        answer[call.json_text] = json.loads(answer[call.json_text])
    found = jmespath.search(call.path, answer)
    if call.where:
        wanted = resolve(dict(call.where), scope)
        found = next((item for item in found or [] if _matches(item, wanted)), None)
    elif call.key is not None:
        found = (found or {}).get(resolve(call.key, scope))
    return with_plain_values(found) if isinstance(found, Mapping) else None


def _matches(item: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(str(item.get(name)) == str(value) for name, value in wanted.items())


def _outputs(resource_type: ResourceType, live: Properties, inputs: Properties) -> Properties:
    """Return the properties that the description holds, each in the form of its input."""
    outputs: Properties = {}
    for name in schema_of(resource_type.pulumi_type).outputs:
        place = resource_type.outputs.get(name)
        if name in resource_type.write_only or name == "tags" or isinstance(place, Expression):
            continue
        if place is not None:
            value = jmespath.search(place, live)
        else:
            value = find(live, name, resource_type.renames, name)
        if value is None:
            continue
        wanted = inputs.get(name)
        if wanted is None:
            outputs[name] = camel_case(value)
        else:
            shape = property_shape(resource_type, name)
            outputs[name] = project(value, wanted, name, resource_type.renames, shape)
    return outputs


def _expressions(resource_type: ResourceType, scope: Scope) -> Properties:
    values = {
        name: expression.resolve(scope)
        for name, expression in resource_type.outputs.items()
        if isinstance(expression, Expression)
    }
    return {name: value for name, value in values.items() if value is not None}


def _inputs(
    resource_type: ResourceType, inputs: Properties, outputs: Properties, *, imported: bool
) -> Properties:
    live: Properties = {}
    for name in schema_of(resource_type.pulumi_type).inputs:
        if name in inputs:
            if name in outputs:
                equal = same(outputs[name], inputs[name], ordered=name in resource_type.ordered)
                live[name] = inputs[name] if equal else outputs[name]
            elif _is_kept(resource_type, name) or same(inputs[name], None):
                live[name] = inputs[name]
        elif imported and name in outputs and name != "tagsAll":
            live[name] = outputs[name]
    return live


def _is_kept(resource_type: ResourceType, name: str) -> bool:
    """Say whether an input that the service does not report is taken as unchanged."""
    silent = resource_type.write_only | resource_type.provider_side
    return name in silent or name not in resource_type.updatable


def _add_tags(tags: Tags, outputs: Properties, live_inputs: Properties) -> None:
    outputs["tagsAll"] = tags
    if tags or "tags" in live_inputs:
        live_inputs["tags"] = tags
    if tags:
        outputs["tags"] = tags
