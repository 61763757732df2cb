"""What can be found wrong with layers before anything is started or changed.

A program's own faults show only when it runs, and by then others may have run. So configuration
that cannot be used, and contracts that a program does not fill, are looked for first.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from deploy.engines.embedded import config as configuration
from deploy.environments import EngineName
from deploy.errors import EngineError, UsageError
from deploy.layers import STACKS, project_folder
from deploy.local import PASSPHRASE
from deploy.target import Target
from shared.contracts import CONTRACTS

_PACKAGES = ("aws",)


def check(layers: Iterable[str], target: Target) -> None:
    """Raise UsageError, with every fault found, when the layers cannot be deployed as they are."""
    embedded = target.engine is EngineName.EMBEDDED
    _refuse(
        fault
        for layer in layers
        for fault in (*_project_faults(layer, target, resolved=embedded), *contract_faults(layer))
    )


def check_projects(layers: Iterable[str], target: Target) -> None:
    """Raise UsageError, with every fault found, when an engine could not read the layers' files."""
    _refuse(fault for layer in layers for fault in _project_faults(layer, target, resolved=False))


def _refuse(faults: Iterable[str]) -> None:
    found = list(faults)
    if found:
        raise UsageError("\n".join([*found, "nothing was changed"]))


def _project_faults(layer: str, target: Target, *, resolved: bool) -> Iterator[str]:
    """Yield what is wrong with a layer's project file and, for one engine, its configuration.

    `resolved` values are checked against their declarations; the Pulumi CLI checks its own.
    """
    try:
        project = configuration.load_project(project_folder(layer))
        if target.engine is EngineName.EMBEDDED:
            settings = configuration.load_stack_settings(project, target.name)
            if resolved:
                configuration.resolve(project, settings, _PACKAGES, PASSPHRASE)
    except EngineError as error:
        yield f"{error}\nnext: correct the file, then try again"


def contract_faults(layer: str, stacks: Path = STACKS) -> list[str]:
    """Return the outputs that a layer's program leaves out where it fills its contract.

    Read off the source: the call of the contract's class with keywords. A call with ``**`` is left
    to run time.
    """
    contract = CONTRACTS[layer]
    promised = [field.name for field in contract.fields()]
    faults = []
    for file in sorted((stacks / layer).rglob("*.py")):
        for call in _calls(file, contract.__name__):
            given = {keyword.arg for keyword in call.keywords}
            missing = [name for name in promised if name not in given]
            unknown = sorted(name for name in given - {None} if name and name not in promised)
            place = f"{file.relative_to(stacks.parent)}:{call.lineno}"
            module = f"shared/contracts/{layer}.py"
            if missing and None not in given:
                faults.append(
                    f"{place}: {contract.__name__} is filled without {', '.join(missing)}\n"
                    f"next: export {'it' if len(missing) == 1 else 'them'} there, "
                    f"or take {'it' if len(missing) == 1 else 'them'} out of {module}"
                )
            if unknown:
                faults.append(
                    f"{place}: {contract.__name__} has no {', '.join(unknown)}\n"
                    f"next: declare {', '.join(unknown)} in {module}, or do not export it"
                )
    return faults


def _calls(file: Path, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a class by its name that a file has; none when it cannot be parsed."""
    try:
        source = file.read_text(encoding="utf-8")
        if name not in source:
            return
        tree = ast.parse(source)
    except (OSError, ValueError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Name) and called.id == name) or (
                isinstance(called, ast.Attribute) and called.attr == name
            ):
                yield node
