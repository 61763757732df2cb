"""Locks as the CLI tells of them: who holds a stack, and whether its process still lives.

The CLI's own backends (files, S3) list the holders of a lock in the error. Source: pulumi/pulumi,
pkg/backend/diy/lock.go. Pulumi Cloud does not say who holds a stack.
"""

import re

from deploy.engines.lock_holder import LockHolder

_HOLDER = re.compile(
    r"created by (?P<user>.+?)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)"
)


def holders(error: str) -> tuple[LockHolder, ...]:
    """Return the holders that an error of the CLI names; none when it names none."""
    return tuple(
        LockHolder(int(found["pid"]), found["user"], found["host"], found["since"])
        for found in _HOLDER.finditer(error)
    )


def abandoned(found: tuple[LockHolder, ...]) -> bool:
    """Return whether every holder is known to be dead, so that their locks may be taken over."""
    return bool(found) and all(holder.dead for holder in found)
