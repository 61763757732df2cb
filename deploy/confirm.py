"""Asks before something is changed that can't be taken back, or that is not a laptop's."""

import sys
from dataclasses import dataclass

from deploy.errors import UsageError


@dataclass(frozen=True)
class Question:
    """What is about to be done, the command that asks, and what has to be typed to go on."""

    what: str
    command: str
    expected: str = "yes"

    def check_terminal(self) -> None:
        """Raise UsageError, with the command to type, when there is nobody to ask."""
        if not sys.stdin.isatty():
            raise UsageError(
                f"{self.what}: this needs a confirmation, and there is no terminal to ask on\n"
                f"next: {self.command} --yes"
            )

    def ask(self) -> None:
        """Return when the answer is the expected one. Raises UsageError otherwise.

        Nothing was changed then.
        """
        self.check_terminal()
        try:
            answer = input(f"{self.what}? Type {self.expected} to go on: ")
        except EOFError:
            answer = ""
        if answer.strip() != self.expected:
            raise UsageError("not confirmed: nothing was changed")
