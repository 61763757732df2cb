"""Values between Pulumi's camelCase properties and the shapes of botocore's models.

Nothing here knows a resource type. Names match without regard to case and to a plural ``s``, which
is how Terraform's names (and so Pulumi's) were made from AWS's; the table's ``renames`` cover the
rest, by dotted path.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.provider.comparison import same
from localcloud.provider.errors import ProviderError
from localcloud.provider.wire import UNKNOWN

Renames = Mapping[str, str]

_BOOLEANS = {
    "true": True,
    "enable": True,
    "enabled": True,
    "false": False,
    "disable": False,
    "disabled": False,
}


class MappingError(ProviderError):
    """A value has no place in the request; ``path`` says where in the properties it is."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        super().__init__(f"{path}: {reason}")


def member_for(name: str, members: Iterable[str]) -> str | None:
    """Return the member that a property name stands for, or None."""
    by_plain_name = {_plain(member): member for member in members}
    for candidate in _candidates(_plain(name)):
        if candidate in by_plain_name:
            return by_plain_name[candidate]
    return None


def to_api(shape: Shape, value: Any, path: str, renames: Renames) -> Any:
    """Return a property's value in the form of a botocore shape.

    ``path`` is the property's dotted name, for renames and errors. Unknown values stay UNKNOWN.
    Raises MappingError for a key that the shape has no member for, or a value of another kind.
    """
    if value is UNKNOWN or value == UNKNOWN:
        return UNKNOWN
    if isinstance(shape, StructureShape):
        return _structure(shape, value, path, renames)
    if isinstance(shape, ListShape):
        return _list(shape, value, path, renames)
    if isinstance(shape, MapShape):
        if not isinstance(value, Mapping):
            raise MappingError(path, "must be a map")
        return {key: to_api(shape.value, item, path, renames) for key, item in value.items()}
    return _scalar(shape.type_name, value, path)


def find(live: Mapping[str, Any], name: str, renames: Renames, path: str) -> Any:
    """Return the value of a property in a description by AWS, or None when it is not there."""
    member = renames.get(path)
    if member not in live:
        member = member_for(name, live)
    return None if member is None else live[member]


def project(live: Any, wanted: Any, path: str, renames: Renames, shape: Shape | None = None) -> Any:
    """Return a live value in the form of the input that asked for it.

    What the program did not set inside a structure is left out (AWS fills in defaults); in a map,
    whose keys are data, it shows. ``shape`` tells the two apart. A value equal to the wanted one
    comes back as the program wrote it.
    """
    if same(live, wanted):
        return wanted
    if isinstance(wanted, Mapping):
        return _project_mapping(live, wanted, path, renames, shape)
    if isinstance(wanted, list) and isinstance(live, list):
        return _project_list(live, wanted, path, renames, shape)
    if isinstance(live, list) and len(live) == 1:
        return project(live[0], wanted, path, renames)
    return _project_scalar(live, wanted)


def camel_case(value: Any) -> Any:
    """Return a description by AWS with its member names in Pulumi's camelCase."""
    if isinstance(value, Mapping):
        return {_camel_name(key): camel_case(item) for key, item in value.items()}
    if isinstance(value, list):
        return [camel_case(item) for item in value]
    return value if isinstance(value, str | bool | int | float) or value is None else str(value)


def with_plain_values(value: Any) -> Any:
    """Return an answer by AWS with its moments in time as texts (RFC 3339, UTC)."""
    if isinstance(value, Mapping):
        return {key: with_plain_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_plain_values(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def tag_list(shape: Shape, tags: Mapping[str, Any]) -> Any:
    """Return tags in the form that a member of a tagging call has: a map or a list of pairs."""
    if isinstance(shape, ListShape):
        key, value = pair_members(shape) or ("Key", "Value")
        return [{key: name, value: text} for name, text in tags.items()]
    return dict(tags)


def pair_members(shape: Shape) -> tuple[str, str] | None:
    """Return the members (name, value) of a list of pairs, such as alarm dimensions."""
    if not isinstance(shape, ListShape) or not isinstance(shape.member, StructureShape):
        return None
    names = {_plain(member): member for member in shape.member.members}
    if len(names) != 2:
        return None
    value = next((names[plain] for plain in names if plain.endswith("value")), None)
    key = next((names[plain] for plain in names if plain.endswith(("name", "key"))), None)
    return (key, value) if key is not None and value is not None else None


def _structure(shape: StructureShape, value: Any, path: str, renames: Renames) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        raise MappingError(path, "must be an object")
    request = {}
    for name, item in value.items():
        if item is None:
            continue
        inner = f"{path}.{name}" if path else name
        member = renames.get(inner) or member_for(name, shape.members)
        if member not in shape.members:
            raise MappingError(inner, "is not a setting that the service has")
        request[member] = to_api(shape.members[member], item, inner, renames)
    return request


def _list(shape: ListShape, value: Any, path: str, renames: Renames) -> list[Any]:
    pair = pair_members(shape)
    if pair is not None and isinstance(value, Mapping):
        key, member = pair
        return [{key: name, member: _scalar("string", text, path)} for name, text in value.items()]
    items = value if isinstance(value, list) else [value]
    return [to_api(shape.member, item, path, renames) for item in items]


def _scalar(type_name: str, value: Any, path: str) -> Any:
    if type_name == "blob":
        return value.encode() if isinstance(value, str) else value
    if type_name == "boolean":
        boolean = _BOOLEANS.get(str(value).lower())
        if boolean is None:
            raise MappingError(path, f"{value!r} is neither true nor false")
        return boolean
    if type_name in ("integer", "long", "float", "double"):
        return _number(type_name, value, path)
    if isinstance(value, Mapping | list):
        raise MappingError(path, f"must be a {type_name}, not a {type(value).__name__}")
    if type_name == "string" and isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if type_name == "string" else value


def _number(type_name: str, value: Any, path: str) -> int | float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise MappingError(path, f"{value!r} is not a number") from None
    if type_name in ("float", "double"):
        return number
    if not number.is_integer():
        raise MappingError(path, f"{value!r} is not a whole number")
    return int(number)


def _project_mapping(
    live: Any, wanted: Mapping[str, Any], path: str, renames: Renames, shape: Shape | None
) -> Any:
    if isinstance(live, list):
        pairs = _pairs(live) if shape is None or pair_members(shape) else None
        if pairs is not None:
            return {
                name: project(text, wanted.get(name), path, renames) for name, text in pairs.items()
            }
        live = live[0] if live else {}
    if not isinstance(live, Mapping):
        return live
    if isinstance(shape, MapShape):
        return {
            key: project(item, wanted.get(key), path, renames, shape.value)
            for key, item in live.items()
        }
    projected = {}
    for key, item in wanted.items():
        inner = f"{path}.{key}"
        found = live[key] if key in live else find(live, key, renames, inner)
        if found is not None:
            projected[key] = project(
                found, item, inner, renames, _inner(shape, key, renames, inner)
            )
    return projected


def _project_list(
    live: list[Any], wanted: list[Any], path: str, renames: Renames, shape: Shape | None
) -> list[Any]:
    """Return live elements, each in the form of the wanted element that it stands for, if any."""
    element = shape.member if isinstance(shape, ListShape) else None
    rest = list(wanted)
    projected: list[Any] = []
    unmatched: list[Any] = []
    for item in live:
        match = next((w for w in rest if same(project(item, w, path, renames, element), w)), None)
        if match is None:
            unmatched.append(item)
        else:
            rest.remove(match)
            projected.append(match)
    for item in unmatched:
        form = rest[0] if rest else wanted[0] if wanted else None
        is_object = isinstance(form, Mapping)
        projected.append(
            project(item, form, path, renames, element) if is_object else camel_case(item)
        )
    return projected


def _inner(shape: Shape | None, name: str, renames: Renames, path: str) -> Shape | None:
    if isinstance(shape, ListShape):
        shape = shape.member
    if not isinstance(shape, StructureShape):
        return None
    member = renames.get(path) or member_for(name, shape.members)
    found: Shape | None = shape.members.get(member) if member else None
    return found


def _project_scalar(live: Any, wanted: Any) -> Any:
    if isinstance(wanted, bool) and isinstance(live, str):
        return _BOOLEANS.get(live.lower(), live)
    if isinstance(wanted, str) and isinstance(live, bool):
        return "true" if live else "false"
    if isinstance(wanted, str) and isinstance(live, Mapping | list):
        text = json.dumps(live)
        return wanted if same(text, wanted) else text
    if isinstance(wanted, str) and isinstance(live, int | float):
        return f"{live:g}" if isinstance(live, float) else str(live)
    if isinstance(wanted, int | float) and isinstance(live, str):
        try:
            return float(live) if not float(live).is_integer() else int(float(live))
        except ValueError:
            return live
    return live


def _pairs(live: list[Any]) -> dict[str, Any] | None:
    """Return a list of name and value pairs as a map, or None when it is something else."""
    result = {}
    for item in live:
        if not isinstance(item, Mapping) or len(item) != 2:
            return None
        key = next((k for k in item if _plain(k).endswith(("name", "key"))), None)
        value = next((k for k in item if _plain(k).endswith("value")), None)
        if key is None or value is None:
            return None
        result[item[key]] = item[value]
    return result or None


def _candidates(name: str) -> Iterable[str]:
    yield name
    yield name + "s"
    if name.endswith("ies"):
        yield name[:-3] + "y"
    if name.endswith("s"):
        yield name[:-1]
    yield name + "list"


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _camel_name(name: str) -> str:
    """Return ``VpcId`` as ``vpcId``, ``DBClusterArn`` as ``dbClusterArn``, ``URL`` as ``url``."""
    return re.sub(r"^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]", lambda m: m.group().lower(), name)
