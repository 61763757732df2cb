"""Which outputs of other layers a layer's program reads, told from its source.

A program gets a contract whole and reads it attribute by attribute. Every attribute of an output's
name counts, whatever it is read from: that may find too many, never too few, as long as nobody
reads an output by a computed name.
"""

import ast
from pathlib import Path

from deploy.errors import UsageError
from deploy.layers import STACKS


def attributes_read(layer: str, stacks: Path = STACKS) -> frozenset[str]:
    """Return the names of all attributes that a layer's program reads.

    Raises UsageError for a source file that cannot be parsed.
    """
    return frozenset(
        node.attr
        for file in sorted((stacks / layer).rglob("*.py"))
        for node in ast.walk(_parsed(file))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    )


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    except (OSError, ValueError, SyntaxError) as error:
        raise UsageError(f"cannot read the program {file}: {error}") from error
