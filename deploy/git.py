"""What git knows of the checkout: changed files, the commit. Reads only, through git itself."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import UsageError


@dataclass(frozen=True)
class Commit:
    """The commit that is checked out; `dirty` when files differ from it."""

    sha: str
    dirty: bool

    def __str__(self) -> str:
        return self.sha[:10] + (" with uncommitted changes" if self.dirty else "")


@dataclass(frozen=True)
class ChangedFiles:
    """Files that differ from a reference, relative to the checkout, with slashes.

    `paths` has them all; `uncommitted` those of them that differ from the commit checked out, new
    files that git doesn't know yet included; `deleted` those that are gone.
    """

    paths: frozenset[str]
    uncommitted: frozenset[str]
    deleted: frozenset[str]


def commit(checkout: Path) -> Commit | None:
    """Return the commit that is checked out, None where git does not know of one."""
    try:
        sha = _git(checkout, "rev-parse", "--verify", "HEAD").strip()
        return Commit(sha, dirty=bool(_git(checkout, "status", "--porcelain").strip()))
    except (OSError, subprocess.CalledProcessError):
        return None


def changed_since(checkout: Path, reference: str) -> ChangedFiles:
    """Return what differs between a reference and the files as they are now.

    Raises UsageError where git, the repository or the reference cannot be used.
    """
    try:
        sha = _git(checkout, "rev-parse", "--verify", "--end-of-options", f"{reference}^{{commit}}")
        against_reference = _differing(checkout, sha.strip())
        against_commit = _differing(checkout, "HEAD")
        untracked = _names(_git(checkout, "ls-files", "-z", "--others", "--exclude-standard"))
    except FileNotFoundError as error:
        raise UsageError("--affected needs git, which is not on PATH") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().partition("\n")[0]
        raise UsageError(
            f"--affected {reference}: git cannot compare with it ({said})\n"
            "next: give a branch, a tag or a commit that `git log` knows; in a shallow clone, "
            "fetch it first"
        ) from error
    paths = against_reference | untracked
    return ChangedFiles(
        paths,
        uncommitted=paths & (against_commit | untracked),
        deleted=frozenset(path for path in paths if not (checkout / path).exists()),
    )


def _differing(checkout: Path, reference: str) -> frozenset[str]:
    """Return the files that differ from a commit; a renamed one counts under both names."""
    return _names(
        _git(checkout, "diff", "--name-only", "-z", "--no-renames", "--relative", reference, "--")
    )


def _names(listed: str) -> frozenset[str]:
    return frozenset(filter(None, listed.split("\0")))


def _git(checkout: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],
        cwd=checkout,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
    ).stdout
