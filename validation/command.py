"""`invoke validate`: compares two databases, and says by its exit status what came of it."""

import json
import os
import sys
import traceback
from pathlib import Path

from rich.console import Console

from deploy.errors import CommandError
from functions.data_validation import report_json
from functions.data_validation.report import Report
from validation.errors import UnverifiedError
from validation.options import Arguments, Options, parse
from validation.table import print_report

INTERRUPTED = 130
WIDE = 200
"""Columns of a log file."""


class LastingConsole(Console):
    """A console whose reader may leave: `| head` does not change what the status says."""

    def on_broken_pipe(self) -> None:
        """Go on in silence; rich would end with 1, which means that something differs."""
        self.quiet = True
        _discard_output()


def validate(arguments: Arguments) -> int:
    """Compare by URLs, or without any what is deployed; print the result, return the status.

    0 equal, 1 different, 3 not all verified, 130 interrupted. Raises UsageError (2: nothing was
    compared), UnverifiedError (3: it broke off, or its report could not be written), and
    KeyboardInterrupt.
    """
    try:
        return _validate(arguments)
    except CommandError:
        raise
    except OSError as error:
        _discard_output()
        raise UnverifiedError(f"the result cannot be told: {error.strerror}") from error
    except Exception as error:  # Python would end with 1, which means that something differs
        traceback.print_exc()
        fault = f"{type(error).__name__}: {error}"
        raise UnverifiedError(f"the comparison broke off by a fault of its own: {fault}") from error


def _validate(arguments: Arguments) -> int:
    options = parse(arguments)
    console = _console()
    if arguments.source_url is None and arguments.target_url is None:
        from validation.deployment import compare_deployed

        report = compare_deployed(arguments, options, console)
    else:
        from validation.databases import compare_databases

        report = compare_databases(arguments, options, console)
    if report is None:
        return INTERRUPTED
    failure = write_report(options, report)
    print_report(report, console, None if failure else options.report)
    if failure:
        raise UnverifiedError(failure)
    return int(report.exit_code)


def _discard_output() -> None:
    """Give up what could not be written, which would fail again when the program ends."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _console() -> Console:
    """Return a console that folds nothing where there is no terminal to fold for."""
    console = LastingConsole(file=sys.stdout, highlight=False)
    if console.is_terminal:
        return console
    return LastingConsole(file=sys.stdout, width=WIDE, highlight=False)


def write_report(options: Options, report: Report) -> str | None:
    """Write the report's JSON where it was asked for; return why that failed, if it did."""
    if options.report is None:
        return None
    text = json.dumps(report_json.to_json(report), indent=2) + "\n"
    try:
        options.report.write_text(text, encoding="utf-8")
    except OSError as error:
        return f"--report {options.report} cannot be written: {error.strerror}"
    return None
