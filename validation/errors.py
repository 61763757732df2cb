"""Errors that end `invoke validate`, beside deploy.errors.UsageError (2): nothing was compared."""

from deploy.errors import CommandError
from functions.data_validation.report import ExitCode


class UnverifiedError(CommandError):
    """The comparison could not be brought to its end."""

    exit_code = int(ExitCode.UNVERIFIED)
