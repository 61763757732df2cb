"""How every task ends: with its exit status, and errors told in plain words."""

import sys
from collections.abc import Callable

from invoke import Exit

UNUSABLE, INTERRUPTED = 2, 130


def end_with(work: Callable[[], int]) -> None:
    """Do the work of a task and leave with its exit status.

    Raises invoke's Exit with the status unless it is 0.
    """
    from deploy.errors import CommandError

    try:
        status = work()
    except CommandError as error:
        print(f"error: {error}", file=sys.stderr)
        raise Exit(code=error.exit_code) from None
    except ImportError as error:
        _explain(error)
        raise Exit(code=UNUSABLE) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise Exit(code=INTERRUPTED) from None
    if status:
        raise Exit(code=status)


def _explain(error: ImportError) -> None:
    """Tell of layers that need each other, which show as contracts that cannot be imported.

    Raises the error itself when that is not the reason.
    """
    from deploy.declarations import circle

    found = circle()
    if found is None:
        raise error
    print(
        f"error: layers depend on each other in a circle: {found}\n"
        "next: take one of them out of consumes=(…) in shared/contracts/; nothing was changed",
        file=sys.stderr,
    )
