"""JSONata in states, evaluated in Python: moto expects a Java machine.

Adds the functions that Step Functions has beyond JSONata's own ("Transforming data with JSONata
in Step Functions", JSONata functions provided by Step Functions).
"""

import hashlib
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

import jsonata
from moto.stepfunctions.parser.asl.component.common.assign.assign_template_value_terminal import (
    AssignTemplateValueTerminalLit,
)
from moto.stepfunctions.parser.asl.eval import states, variable_store
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata

from localcloud.cloud.patching import wrap

_DECLARING = "encode_jsonata_variable_declarations"

_ALGORITHMS = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


def install() -> None:
    """Give the interpreter its evaluator, and variables whose text may hold any character.

    moto puts text between quotes as it is, so a quote in a task's result breaks every expression
    with a variable that has it; and it keeps the escapes of a definition's own text.
    """
    moto_jsonata._eval_jsonata = evaluate  # noqa: SLF001 - moto's hook for an evaluator
    for module in (moto_jsonata, states, variable_store):
        setattr(module, _DECLARING, declare)
    wrap(AssignTemplateValueTerminalLit, "_eval_body", _assign_literal)


def _assign_literal(
    stock: Callable[..., None], literal: AssignTemplateValueTerminalLit, env: Environment
) -> None:
    stock(literal, env)
    if isinstance(literal.value, str):
        env.stack[-1] = json.loads(f'"{literal.value}"')


def evaluate(expression: str) -> Any:
    """Return an expression's value as plain JSON.

    Raises moto's JSONataException, which fails the state with ``States.QueryEvaluationError``.
    """
    try:
        program = jsonata.Jsonata(expression)
        for name, function in _FUNCTIONS.items():
            program.register_lambda(name, function)
        return _plain(program.evaluate(None))
    except Exception as error:
        raise moto_jsonata.JSONataException("UNKNOWN", str(error)) from error


def declare(bindings: dict[str, Any]) -> str:
    """Return declarations of variables, for the start of an expression; text is escaped."""
    return "".join(f"{name}:={json.dumps(_plain(value))};" for name, value in bindings.items())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


def _partition(values: list[Any], size: int) -> list[list[Any]]:
    return [values[start : start + int(size)] for start in range(0, len(values), int(size))]


def _range(first: int, last: int, step: int) -> list[int]:
    end = int(last) + (1 if step > 0 else -1)
    return list(range(int(first), end, int(step)))


def _hash(text: str, algorithm: str) -> str:
    return _ALGORITHMS[algorithm](text.encode()).hexdigest()


def _random(seed: int | None = None) -> float:
    return random.Random(seed).random()  # noqa: S311 - as $random, not for secrets


_FUNCTIONS: dict[str, Any] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": json.loads,
}
