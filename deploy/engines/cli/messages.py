"""What the CLI says when it can't begin, in the orchestrator's errors."""

from deploy.engines.cli import locks
from deploy.engines.embedded.errors import ConfigError, LockedError, PassphraseError
from deploy.errors import EngineError

_PREFIX = "error: "

INTERRUPTIONS = frozenset(
    f"{what} canceled" for what in ("update", "preview", "destroy", "refresh")
)
"""What the CLI calls an error when it was asked to stop."""


def cause(said: str) -> str:
    """Return what is wrong out of the CLI's standard error: from the first `error:` on."""
    _, found, rest = said.partition(_PREFIX)
    return (rest if found else said).strip()


def unusable(said: str, name: str) -> EngineError:
    """Return the error for a run of stack `name` that the CLI refused to begin."""
    text = cause(said) or "the Pulumi CLI ended without saying why"
    message = f"stack {name}: {text}"
    if "passphrase" in text:
        return PassphraseError(f"{message}\nnext: see to the environment's passphrase settings")
    if "configuration" in text or "Pulumi.yaml" in text:
        return ConfigError(message)
    return EngineError(message)


def locked(said: str, name: str) -> LockedError:
    """Return the error for a stack that another run holds, with who and since when."""
    held_by = " and ".join(map(str, locks.holders(said))) or "another update"
    return LockedError(
        f"stack {name} is locked by {held_by}. Wait until that run has ended; if it no longer "
        "runs, release the lock with `pulumi cancel`"
    )
