"""Tags: writing them after creation and on change, and reading them back."""

from collections.abc import Mapping
from typing import Any

import jmespath

from localcloud.provider.definition import ResourceType, Tagging
from localcloud.provider.errors import RefusedRequestError
from localcloud.provider.mapper import tag_list
from localcloud.provider.models import input_members
from localcloud.provider.scope import Scope, resolve
from localcloud.provider.session import Session

Tags = dict[str, str]

_LIVE_MEMBERS = ("Tags", "tags", "TagSet", "TagList")


def write_tags(
    session: Session, resource_type: ResourceType, scope: Scope, old: Tags, new: Tags
) -> None:
    """Make the tags of a resource those that are wanted; tags of others' stay as they are."""
    tagging = resource_type.tagging
    if tagging is None or old == new:
        return
    gone = [key for key in old if key not in new]
    if gone and tagging.untag_operation is not None:
        keys: Any = [{"Key": key} for key in gone] if tagging.keys_as_tags else gone
        request = {tagging.keys_argument: keys}
        _call(session, resource_type, tagging, scope, tagging.untag_operation, request)
    if new or tagging.replaces_all:
        shape = input_members(resource_type.service, tagging.tag_operation)[tagging.tags_argument]
        tags = {"TagSet": tag_list_of_pairs(new)} if tagging.replaces_all else tag_list(shape, new)
        request = {tagging.tags_argument: tags}
        _call(session, resource_type, tagging, scope, tagging.tag_operation, request)


def read_tags(
    session: Session,
    resource_type: ResourceType,
    scope: Scope,
    live: Mapping[str, Any],
    written: Tags | None = None,
) -> Tags:
    """Return the tags of a resource, without AWS's own (``aws:...``).

    ``written`` are those that a resource was just created with: where its description has none,
    they are not asked for.
    """
    tagging = resource_type.tagging
    if tagging is None:
        return {}
    found: Any = next((live[name] for name in _LIVE_MEMBERS if name in live), None)
    if found is None and written is not None:
        return written
    if found is None and tagging.list_operation is not None:
        try:
            answer = _call(session, resource_type, tagging, scope, tagging.list_operation, {})
        except RefusedRequestError as error:
            if not error.gone:
                raise
            answer = {}
        found = jmespath.search(tagging.list_path, answer)
    return {key: value for key, value in _pairs(found).items() if not key.startswith("aws:")}


def tag_list_of_pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as ``{Key, Value}`` pairs."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _pairs(found: Any) -> Tags:
    if isinstance(found, Mapping):
        return {str(key): str(value) for key, value in found.items()}
    tags = {}
    for pair in found or []:
        plain = {name.lower(): value for name, value in pair.items()}
        key = plain.get("key", plain.get("tagkey"))
        tags[str(key)] = str(plain.get("value", plain.get("tagvalue", "")))
    return tags


def _call(
    session: Session,
    resource_type: ResourceType,
    tagging: Tagging,
    scope: Scope,
    operation: str,
    request: Mapping[str, Any],
) -> dict[str, Any]:
    resource = resolve(resource_type.tagged_resource, scope)
    members = input_members(resource_type.service, operation)
    if members[tagging.resource_argument].type_name == "list":
        resource = [resource]
    full = {tagging.resource_argument: resource, **tagging.constants, **request}
    return session.call(resource_type.service, operation, full, scope.region)
