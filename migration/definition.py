"""What a state machine does next, read from its definition in Amazon States Language.

Pure. Source: Amazon States Language specification, "Transitions" and "Choice State".
"""

from collections.abc import Mapping
from typing import Any

END = "the end"


def following(definition: Mapping[str, Any], state: str) -> tuple[str, ...]:
    """Return the states that may follow when all goes well.

    Choices are looked through, to the states behind them that do something; states that catch
    errors are left out.
    """
    states = definition["States"]
    found: dict[str, None] = {}
    _collect(states, state, found, seen={state, *_handlers(states)})
    return tuple(found)


def _handlers(states: Mapping[str, Any]) -> set[str]:
    return {catcher["Next"] for state in states.values() for catcher in state.get("Catch", ())}


def _collect(
    states: Mapping[str, Any], name: str, found: dict[str, None], *, seen: set[str]
) -> None:
    for successor in _successors(states.get(name, {})):
        if successor in seen:
            continue
        seen.add(successor)
        if states.get(successor, {}).get("Type") in ("Choice", "Pass", "Wait"):
            _collect(states, successor, found, seen=seen)
        else:
            found[successor] = None


def _successors(state: Mapping[str, Any]) -> list[str]:
    if state.get("Type") == "Choice":
        named = [choice["Next"] for choice in state.get("Choices", ())]
        return [*named, *([state["Default"]] if "Default" in state else [])]
    if "Next" in state:
        return [state["Next"]]
    return [END] if state.get("End") or state.get("Type") == "Succeed" else []
