"""What a user typed after `invoke validate`, as values that can be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import UsageError
from functions.data_validation.schema.model import KINDS

MOST_WORKERS = 64
MOST_SECONDS = 86_400
MOST_ROWS_PER_SECOND = 10**9


@dataclass(frozen=True)
class Arguments:
    """The options as typed; None or empty where left out."""

    source_url: str | None = None
    target_url: str | None = None
    source_replica_url: str | None = None
    schema: Sequence[str] = ()
    table: Sequence[str] = ()
    replication: str | None = None
    max_rate: str | None = None
    concurrency: str | None = None
    ignore: Sequence[str] = ()
    no_schema: bool = False
    recheck_seconds: str | None = None
    statement_timeout: str | None = None
    checkpoint: str | None = None
    run: str | None = None
    report: str | None = None
    environment: str = "local"


@dataclass(frozen=True)
class Options:
    """The options as values; None where left out, then each way to run has its own default.

    Rates are rows a second, the rest of the numbers is seconds.
    """

    schemas: tuple[str, ...] | None
    tables: tuple[str, ...] | None
    replication: str | None
    compare_schema: bool
    ignored: tuple[str, ...]
    max_rate: int | None
    concurrency: int | None
    recheck_seconds: int | None
    statement_timeout: int | None
    checkpoint: Path | None
    report: Path | None


def parse(arguments: Arguments) -> Options:
    """Return the options. Raises UsageError that names the option and what it takes."""
    return Options(
        schemas=tuple(dict.fromkeys(arguments.schema)) or None,
        tables=_tables(arguments.table),
        replication=arguments.replication,
        compare_schema=not arguments.no_schema,
        ignored=_kinds(arguments.ignore),
        max_rate=_whole("--max-rate", arguments.max_rate, 1, MOST_ROWS_PER_SECOND),
        concurrency=_whole("--concurrency", arguments.concurrency, 1, MOST_WORKERS),
        recheck_seconds=_whole("--recheck-seconds", arguments.recheck_seconds, 0, MOST_SECONDS),
        statement_timeout=_whole(
            "--statement-timeout", arguments.statement_timeout, 1, MOST_SECONDS
        ),
        checkpoint=_checkpoint(arguments.checkpoint),
        report=_report(arguments.report),
    )


def _whole(option: str, text: str | None, least: int, most: int) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not least <= int(text) <= most:
        raise UsageError(f"{option} {text}: give a whole number from {least} to {most:,}")
    return int(text)


def _tables(names: Sequence[str]) -> tuple[str, ...] | None:
    for name in names:
        if not all(name.partition(".")):
            raise UsageError(f"--table {name}: give it with its schema, as in payments.accounts")
    return tuple(dict.fromkeys(names)) or None


def _kinds(names: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise UsageError(f"--ignore {unknown[0]}: unknown kind\nkinds: {', '.join(KINDS)}")
    return tuple(sorted(set(names)))


def _checkpoint(name: str | None) -> Path | None:
    if name is None:
        return None
    folder = Path(name)
    if not name:
        raise UsageError("--checkpoint is empty: give a folder")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--checkpoint {name}: it is a file; give a folder")
    return folder


def _report(name: str | None) -> Path | None:
    if name is None:
        return None
    file = Path(name)
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise UsageError(f"--report {name}: give a file in a folder that exists")
    return file
