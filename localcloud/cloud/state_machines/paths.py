"""JSONPath in states: a definite path gives the one value that it names.

A path is definite without wildcards, slices, filters, lists of names and ``..`` ("Reference paths"
in the Amazon States Language specification, and "Paths" in the Step Functions Developer Guide).
moto's interpreter answers ``$.list[0].name`` with a list of one.
"""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from jsonpath_ng import Child, Fields, Index, JSONPath, Root, This
from jsonpath_ng.ext.parser import parse

_ANY_FIELD = "*"


def install(interpreter_paths: ModuleType) -> None:
    """Repair ``extract_json`` of moto's module, before others of its modules take it by name."""
    stock: Callable[[str, Any], Any] = interpreter_paths.extract_json
    absent: Callable[..., Exception] = interpreter_paths.NoSuchJsonPathError

    def extract_json(path: str, data: Any) -> Any:
        """Return what a path selects: a value, or a list if it may select several.

        Raises NoSuchJsonPathError when a definite path leads nowhere.
        """
        parsed = _parsed(path)
        values = [match.value for match in parsed.find(data)]
        if is_definite(parsed):
            if not values:
                raise absent(json_path=path, data=data)
            return values[0]
        return values or stock(path, data)

    interpreter_paths.extract_json = extract_json  # type: ignore[attr-defined]  # a module's name


def is_definite(path: JSONPath) -> bool:
    """Return whether a path can select one value at most."""
    if isinstance(path, Child):
        return is_definite(path.left) and is_definite(path.right)
    if isinstance(path, Fields):
        return len(path.fields) == 1 and path.fields[0] != _ANY_FIELD
    if isinstance(path, Index):
        return len(path.indices) == 1
    return isinstance(path, Root | This)


@functools.lru_cache(maxsize=512)
def _parsed(path: str) -> JSONPath:
    return parse(path)
