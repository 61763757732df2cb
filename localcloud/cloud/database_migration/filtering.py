"""Filters of the describing actions ("Filter", AWS DMS API Reference)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from localcloud.cloud.database_migration.faults import InvalidParameterValueError

T = TypeVar("T")


def filtered(
    found: Sequence[T],
    request: Mapping[str, Any],
    members: Mapping[str, str],
    value: Callable[[T, str], object],
) -> list[T]:
    """Return what passes every filter of a request.

    `members` leads from a filter's name to a member, which `value` reads. Raises
    InvalidParameterValueError for a filter that the action does not have.
    """
    passing = list(found)
    for each in request.get("Filters", []):
        member = members.get(each["Name"])
        if member is None:
            raise InvalidParameterValueError(f"Invalid filter name: {each['Name']}")
        passing = [one for one in passing if value(one, member) in each["Values"]]
    return passing
