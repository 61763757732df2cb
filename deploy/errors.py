"""Errors that end a command, with the exit status each one asks for.

CommandError (1)        something was tried and did not succeed
└── UsageError (2)      the input can't be carried out; nothing was changed
"""


class CommandError(Exception):
    """A command did not succeed. The message says what happened, where, and what to do next."""

    exit_code = 1


class UsageError(CommandError):
    """The input is wrong or refused; nothing was changed."""

    exit_code = 2


class EngineError(UsageError):
    """An engine can't use what it was given: a project, a configuration, a state, a lock."""
