"""Lint, tests and benchmarks, as subprocesses whose output goes straight to the terminal."""

import subprocess
import sys
from pathlib import Path

from deploy.errors import UsageError

REPOSITORY = Path(__file__).resolve().parent.parent
BENCHMARKS = REPOSITORY / "benchmarks"

_IN_PARALLEL = ("--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile")
"""Each worker has servers of its own, which a file's tests share; more workers, more servers."""


def lint(*, fix: bool) -> int:
    """Run ruff and mypy; return the first status that is not 0, after running them all."""
    check = ["ruff", "check", *(["--fix"] if fix else [])]
    style = ["ruff", "format", *([] if fix else ["--check"])]
    statuses = [_run(*check), _run(*style), _run("mypy")]
    return next((status for status in statuses if status), 0)


def run_tests(expression: str | None) -> int:
    """Run pytest over everything, or over the tests whose names match; return its status."""
    return _run("pytest", *_IN_PARALLEL, *(["-k", expression] if expression else []))


def run_campaigns(expression: str | None) -> int:
    """Run the tests that take minutes, all of them or those whose names match."""
    return _run("pytest", "-m", "campaign", *(["-k", expression] if expression else []))


def benchmarks() -> list[str]:
    """Return the names of the benchmarks: modules, and packages that can be run."""
    modules = (path.stem for path in BENCHMARKS.glob("*.py") if not path.stem.startswith("_"))
    packages = (path.parent.name for path in BENCHMARKS.glob("*/__main__.py"))
    return sorted((*modules, *packages))


def bench(name: str) -> int:
    """Run one benchmark. Raises UsageError when there is none of this name."""
    known = benchmarks()
    if name not in known:
        raise UsageError(f"unknown benchmark: {name}\nvalid benchmarks: {', '.join(known)}")
    return _run(f"{BENCHMARKS.name}.{name}")


def _run(module: str, *arguments: str) -> int:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode
