"""State machine definitions: files in Amazon States Language with ``${Name}`` placeholders."""

import json
import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9]*)\}")


class DefinitionError(ValueError):
    """A definition and the values for its placeholders do not fit each other."""


def placeholders(template: str) -> frozenset[str]:
    """Return the names of the placeholders in a definition."""
    return frozenset(_PLACEHOLDER.findall(template))


def render(template: str, values: Mapping[str, str]) -> str:
    """Return the definition with every placeholder replaced, escaped for a JSON string.

    Raises DefinitionError when a placeholder has no value or a value has no placeholder: either
    is a misspelt name, which a lenient substitution would carry to the first execution.
    """
    used = placeholders(template)
    faults = [f"no value for ${{{name}}}" for name in sorted(used - values.keys())]
    faults += [f"no placeholder ${{{name}}}" for name in sorted(values.keys() - used)]
    if faults:
        raise DefinitionError("; ".join(faults))
    return _PLACEHOLDER.sub(lambda match: json.dumps(values[match[1]])[1:-1], template)
