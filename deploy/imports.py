"""Which files of a repository a Python file imports, read off its source with `ast`.

Nothing is imported to find out, so a program that is broken, or that would ask the cloud, is read
all the same. Imports inside functions and under ``TYPE_CHECKING`` count too: too many files are
found rather than too few.

A *registry* is a package whose `__init__` imports one module for each layer, to list them. What it
imports is not followed, or each layer would depend on all: ``from registry import Name`` leads to
the module that defines `Name`, and the reader of the graph adds the modules that a layer is
registered with.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

_PACKAGE_NAMES = frozenset({"package", "PACKAGE"})


@dataclass(frozen=True)
class _Facts:
    """What counts in a file: its import statements, and the packages that it asks for."""

    statements: tuple[ast.Import | ast.ImportFrom, ...] = ()
    packages: frozenset[str] = frozenset()


class Imports:
    """The imports between the files of one repository. Paths are relative to it, with slashes.

    `known` adds files that are looked for although they are not there, such as deleted ones.
    `registries` are packages, by path of their folder. Every file is read once.
    """

    def __init__(
        self, root: Path, *, known: Collection[str] = (), registries: Collection[str] = ()
    ) -> None:
        self._root = root
        self._known = frozenset(known)
        self._registries = frozenset(f"{folder}/__init__.py" for folder in registries)
        self.of = cache(self._imports_of)
        self.exists = cache(self._exists)
        self._facts = cache(self._read)

    def function_packages(self, path: str) -> frozenset[str]:
        """Return the names of the Lambda packages that a file asks for.

        They are string literals: the argument ``package="…"``, or the constant ``PACKAGE = "…"``.
        """
        return self._facts(path).packages

    def _exists(self, path: str) -> bool:
        """Return whether the repository has a file, or is said to have had it."""
        return path in self._known or (self._root / path).is_file()

    def _imports_of(self, path: str) -> tuple[str, ...]:
        """Return the files that a file imports."""
        if path in self._registries:
            return ()
        statements = self._facts(path).statements
        found = {file for statement in statements for file in self._targets(path, statement)}
        return tuple(sorted(found - {path}))

    def _targets(self, path: str, statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield from self._module_files(alias.name)
            return
        module = _absolute(path, statement)
        yield from self._module_files(module)
        for alias in statement.names:
            yield from self._member_files(module, alias.name)

    def _module_files(self, module: str) -> Iterator[str]:
        """Yield the file of a module and those of the packages around it, as Python runs them."""
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            base = "/".join(parts[:length])
            for candidate in (f"{base}/__init__.py", f"{base}.py"):
                if self.exists(candidate):
                    yield candidate
                    break

    def _member_files(self, module: str, name: str) -> Iterator[str]:
        base = f"{module.replace('.', '/')}"
        if f"{base}/__init__.py" in self._registries:
            yield from self._registered(f"{base}/__init__.py", name)
        yield from (
            candidate
            for candidate in (f"{base}/{name}/__init__.py", f"{base}/{name}.py")
            if self.exists(candidate)
        )

    def _registered(self, registry: str, name: str) -> Iterator[str]:
        for statement in self._facts(registry).statements:
            if isinstance(statement, ast.ImportFrom) and any(
                name == (alias.asname or alias.name) for alias in statement.names
            ):
                yield from self._module_files(_absolute(registry, statement))

    def _read(self, path: str) -> _Facts:
        """Return what counts in a file, nothing for one that is gone or is not Python (any more).

        A file that nowhere says "package" asks for none, and need not be searched for it.
        """
        try:
            source = (self._root / path).read_bytes()
            tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError):
            return _Facts()
        asks = any(name.encode() in source for name in _PACKAGE_NAMES)
        return _Facts(
            tuple(_imports_in(tree)), frozenset(_packages_in(tree)) if asks else frozenset()
        )


def _imports_in(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements, however deep; no expression has one, so none is entered."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _imports_in(child)


def _packages_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for value in _named_package(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def _absolute(path: str, node: ast.ImportFrom) -> str:
    """Return the full name of the module in a ``from … import``, relative ones resolved."""
    if not node.level:
        return node.module or ""
    folder = PurePosixPath(path).parent
    for _ in range(node.level - 1):
        folder = folder.parent
    return ".".join((*folder.parts, *filter(None, [node.module])))


def _named_package(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the value that a node gives to something called a package."""
    match node:
        case ast.keyword(arg=name, value=value) if name in _PACKAGE_NAMES:
            yield value
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _PACKAGE_NAMES:
            yield value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if (
            name in _PACKAGE_NAMES
        ):
            yield value
