"""What the embedded engine raises for input that it cannot work with.

::

    EngineError
    ├── ConfigError       Pulumi.yaml or Pulumi.<stack>.yaml is missing, malformed or incomplete
    ├── StateError        the stack's state cannot be read
    │   └── PassphraseError   ... because the passphrase does not open its secrets
    └── LockedError       another run holds the stack

Failures of resources and programs are not exceptions: a run reports them in its `RunResult`.
Every message says what is wrong, where, and what to do about it.
"""

from deploy.errors import EngineError


class ConfigError(EngineError):
    """A project's settings or a stack's configuration are missing, malformed or incomplete."""


class StateError(EngineError):
    """A stack's state file cannot be read."""


class PassphraseError(StateError):
    """The passphrase does not open the secrets of the state or of the configuration."""


class LockedError(EngineError):
    """Another run holds the stack."""


class OperationError(Exception):
    """One step of a run failed; the message is what the user is told. Never leaves the engine."""


class StoppedError(Exception):
    """A step was not started because the run is stopping. Never leaves the engine."""
