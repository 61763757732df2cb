"""What was typed: the options that the commands on layers share.

Imported before a process for the programs is started, so it must load quickly.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.errors import UsageError
from deploy.selection import Wanted

LOCAL = "local"
DEFAULT_PARALLEL = 4


@dataclass(frozen=True)
class Options:
    """The options of one command. `words` is None where the command takes no words.

    Values are as typed; what has a form to keep is checked when it is asked for.
    """

    task: str
    words: tuple[str, ...] | None = None
    environment: str = LOCAL
    engine: str | None = None
    parallel: str = str(DEFAULT_PARALLEL)
    yes: bool = False
    with_dependencies: bool = False
    with_dependents: bool = False
    affected: str | None = None
    report: str | None = None
    junit: str | None = None
    resume: bool = False
    allow_breaking: bool = False
    keep_cloud: bool = False
    format: str | None = None
    show_secrets: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    @property
    def wanted(self) -> Wanted:
        """The selection that was asked for: all layers when none is named and `--affected` is."""
        nothing_named = self.words is None or (not self.words and self.affected is not None)
        return Wanted(
            layers=None if nothing_named else self.words,
            with_dependencies=self.with_dependencies,
            with_dependents=self.with_dependents,
            affected_by=self.affected,
        )

    @property
    def workers(self) -> int:
        """How many layers may run side by side. Raises UsageError."""
        if not self.parallel.isdecimal() or int(self.parallel) < 1:
            raise UsageError(f"--parallel {self.parallel}: give a whole number of layers above 0")
        return int(self.parallel)

    @property
    def report_file(self) -> Path | None:
        """Where the JSON report goes. Raises UsageError when it cannot go there."""
        return check_writable(Path(self.report)) if self.report else None

    @property
    def junit_file(self) -> Path | None:
        """Where the JUnit report goes. Raises UsageError when it cannot go there."""
        return check_writable(Path(self.junit)) if self.junit else None

    def typed(self) -> str:
        """Return the command as it can be typed again, without `--yes` and `--resume`."""
        parts = ["invoke", self.task, *(self.words or ())]
        if self.environment != LOCAL:
            parts += ["--environment", self.environment]
        for flag, value in (("--engine", self.engine), ("--affected", self.affected)):
            parts += [flag, value] if value else []
        for flag, given in (
            ("--with-dependencies", self.with_dependencies),
            ("--with-dependents", self.with_dependents),
            ("--allow-breaking", self.allow_breaking),
            ("--keep-cloud", self.keep_cloud),
        ):
            parts += [flag] if given else []
        return shlex.join(parts)


def check_writable(path: Path) -> Path:
    """Return the path of a report that is to be written. Raises UsageError when it can't be."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(
            f"cannot write the report {path}: "
            f"{'it is a folder' if path.is_dir() else f'there is no folder {path.parent}'}\n"
            "next: give a file in a folder that exists"
        )
    return path
