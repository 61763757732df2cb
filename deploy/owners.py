"""Who owns which files, as CODEOWNERS says.

A line is a pattern and its owners; the last line that matches a file decides, and a line without
owners leaves its files to nobody. Patterns are those of gitignore, but that `folder/*` stops at
the folder's own files, and that `!` and `[ ]` do not exist. Source: GitHub Docs, "About code
owners".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.errors import UsageError
from deploy.places import REPOSITORY

FILE = REPOSITORY / "CODEOWNERS"

_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class CodeOwners:
    """The rules of one CODEOWNERS file, each a compiled pattern and its owners."""

    rules: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]

    @classmethod
    def parse(cls, text: str) -> "CodeOwners":
        """Return the rules in a file's text. Raises UsageError for a pattern that cannot be."""
        return cls(tuple(_rules(text)))

    def owners_of(self, path: str) -> tuple[str, ...]:
        """Return the owners of a file, named from the repository's root; of a folder with `/`."""
        for pattern, owners in reversed(self.rules):
            if pattern.fullmatch(path):
                return owners
        return ()


def owners_of(path: str) -> tuple[str, ...]:
    """Return the owners of a file of this repository, for example `("@payments/data",)`.

    A folder ends in `/`. Empty when nobody owns it. Raises UsageError for an unreadable CODEOWNERS.
    """
    return _of_repository().owners_of(path)


@cache
def _of_repository(file: Path = FILE) -> CodeOwners:
    try:
        return CodeOwners.parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error


def _rules(text: str) -> Iterator[tuple[re.Pattern[str], tuple[str, ...]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        pattern, *owners = words
        if pattern.startswith("!") or "[" in pattern:
            raise UsageError(
                f"CODEOWNERS, line {number}: {pattern!r} uses ! or [ ], which CODEOWNERS lacks\n"
                "next: name the files without them; a later line overrides an earlier one"
            )
        yield _compiled(pattern), tuple(owners)


def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern as a regular expression for whole paths."""
    anchored = "/" in pattern.rstrip("/")
    start = "" if anchored else "(?:.*/)?"
    body = pattern.removeprefix("/").removesuffix("/")
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", body)
    middle = "".join(_WILDCARDS.get(part, re.escape(part)) for part in parts)
    if pattern.endswith("/"):
        end = "/.*"  # a folder, and all that is in it
    elif pattern.endswith("/*"):
        end = ""
    else:
        end = "(?:/.*)?"
    return re.compile(start + middle + end)
