"""What the CLI says when it can't begin, and who holds a lock."""

import os
import socket
from datetime import UTC, datetime

from deploy.engines.cli import locks, messages
from deploy.engines.embedded import ConfigError, PassphraseError

LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to "
    "end or delete the lock file with `pulumi cancel`.\n"
    "  file:///states/.pulumi/locks/x.json: created by {who} (pid {pid}) at {since}"
)
NOW = datetime.now(UTC).isoformat()
HERE = f"me@{socket.gethostname()}"


def test_the_error_of_a_lock_says_who_holds_it_and_since_when() -> None:
    said = LOCKED.format(who="jo@build-7", pid=41, since="2026-01-02T03:04:05Z")
    (holder,) = locks.holders(said)
    assert str(holder) == "process 41 of jo on build-7 since 2026-01-02T03:04:05Z"
    assert str(holder) in str(messages.locked(said, "data/dev"))
    assert "another update" in str(messages.locked("[409] Conflict", "data/dev"))


def test_only_locks_of_processes_that_are_known_to_be_dead_may_be_taken_over() -> None:
    alive = locks.holders(LOCKED.format(who=HERE, pid=os.getpid(), since=NOW))
    reused = locks.holders(LOCKED.format(who=HERE, pid=os.getpid(), since="2001-01-01T00:00:00Z"))
    elsewhere = locks.holders(LOCKED.format(who="me@elsewhere", pid=1, since=NOW))
    assert not locks.abandoned(alive)
    assert locks.abandoned(reused)
    assert not locks.abandoned(elsewhere)
    assert not locks.abandoned(())
    assert not locks.abandoned((*alive, *reused))


def test_a_refusal_is_told_without_the_clis_own_decoration() -> None:
    assert messages.cause("warning: x\nerror: it is so\n  because\n") == "it is so\n  because"
    error = messages.unusable("error: incorrect passphrase\n", "data/dev")
    assert isinstance(error, PassphraseError)
    assert str(error).startswith("stack data/dev: incorrect passphrase\nnext: ")
    missing = "error: Stack 'dev' is missing configuration value 'data:size'"
    assert isinstance(messages.unusable(missing, "data/dev"), ConfigError)
