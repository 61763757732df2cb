"""What a target receives of an event: all of it, a part, a constant or a template filled in.

"Amazon EventBridge input transformation". A placeholder inside a JSON string is replaced by the
value's text, elsewhere by the value as JSON; a path that finds nothing gives an empty text or null.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonpath_ng.ext.parser import parse as parse_path

_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.\-]+)>")


def target_input(
    target: Mapping[str, Any], event: Mapping[str, Any], rule_name: str, rule_arn: str
) -> str:
    """Return the text that `target` receives for `event`."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_find(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values = {
        name: _find(path, event) for name, path in (transformer.get("InputPathsMap") or {}).items()
    }
    values["aws.events.rule-name"] = rule_name
    values["aws.events.rule-arn"] = rule_arn
    values["aws.events.event.ingestion-time"] = event["time"]
    values["aws.events.event.json"] = event
    values["aws.events.event"] = {k: v for k, v in event.items() if k != "detail"}
    return fill(transformer["InputTemplate"], values)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Return the template with its placeholders replaced; unknown ones stay as they are."""
    parts: list[str] = []
    end, quoted = 0, False
    for match in _PLACEHOLDER.finditer(template):
        between = template[end : match.start()]
        quoted ^= _unescaped_quotes(between) % 2 == 1
        parts.append(between)
        name = match.group(1)
        if name not in values:
            parts.append(match.group(0))
        else:
            parts.append(_as_text(values[name]) if quoted else json.dumps(values[name]))
        end = match.end()
    return "".join([*parts, template[end:]])


def _unescaped_quotes(text: str) -> int:
    return len(re.findall(r'(?<!\\)"', text))


def _as_text(value: Any) -> str:
    """Return a value as it stands inside a JSON string."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]


def _find(path: str, event: Mapping[str, Any]) -> Any:
    """Return what a JSONPath finds first, or None; keys with a hyphen may stand unquoted."""
    quoted = re.sub(r"\.([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)+)", r'."\1"', path)
    matches = parse_path(quoted).find(event)
    return matches[0].value if matches else None
