"""The four steps of a rotation. Each may be repeated, and each may be the last that happens.

Source: AWS Secrets Manager User Guide, "Rotation by Lambda function" and "Lambda rotation
functions". What a failure leaves behind: the current credential works, the pending version keeps
what was proposed, and the next attempt, which has the same token, goes on from there.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from functions.runtime.errors import FunctionError
from functions.secret_rotation.credentials import Credential
from functions.secret_rotation.errors import (
    PromotionRefusedError,
    RotationError,
    RotationRefusedError,
)
from functions.secret_rotation.request import Step
from functions.secret_rotation.versions import SecretVersions

PASSWORD_BYTES = 32
"""Of randomness, which base64url makes 43 letters, digits, dashes and underscores of."""


class Strategy(Protocol):
    """How a kind of secret is rotated; see `application` and `master`."""

    def require_allowed(self, current: Credential) -> None:
        """Raise RotationRefusedError when nothing may be changed at this time."""

    def propose(self, current: Credential, password: str) -> Credential:
        """Return the version that follows the current one."""

    def apply(
        self,
        current: Credential,
        pending: Credential,
        previous: Callable[[], Credential | None],
    ) -> None:
        """Make the databases accept the pending version."""

    def check(self, current: Credential, pending: Credential) -> None:
        """Raise unless the pending version can take the current one's place."""

    def undo(self, current: Credential, pending: Credential) -> None:
        """Make the databases accept the current version again."""


class Rotation:
    """One rotation of one secret."""

    def __init__(self, versions: SecretVersions, strategy: Strategy) -> None:
        self._versions = versions
        self._strategy = strategy

    def take(self, step: Step) -> bool:
        """Take a step; False when the rotation was over already. Raises FunctionError."""
        if self._versions.already_current():
            return False
        {
            Step.CREATE: self._create,
            Step.SET: self._set,
            Step.TEST: self._test,
            Step.FINISH: self._finish,
        }[step]()
        return True

    def _create(self) -> None:
        current = self._versions.current()
        self._strategy.require_allowed(current)
        if self._versions.pending() is None:
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            self._versions.propose(self._strategy.propose(current, password))

    def _set(self) -> None:
        current, pending = self._both()
        self._strategy.require_allowed(current)
        with self._undone_after(FunctionError, current, pending):
            self._strategy.apply(current, pending, self._versions.previous)

    def _test(self) -> None:
        current, pending = self._both()
        with self._undone_after(FunctionError, current, pending):
            self._strategy.check(current, pending)

    def _finish(self) -> None:
        # Tested again, because an attempt that failed may have put the old password back.
        self._test()
        current, pending = self._both()
        with self._undone_after(PromotionRefusedError, current, pending):
            self._versions.promote()

    def _both(self) -> tuple[Credential, Credential]:
        pending = self._versions.pending()
        if pending is None:
            raise RotationRefusedError("the pending version has no content: createSecret is first")
        return self._versions.current(), pending

    @contextmanager
    def _undone_after(
        self, kind: type[FunctionError], current: Credential, pending: Credential
    ) -> Iterator[None]:
        """Go back to the current version after such a failure, and say so if that fails too."""
        try:
            yield
        except kind as error:
            try:
                self._strategy.undo(current, pending)
            except RotationError as left:
                raise RotationError(f"{error}; then {left}") from error
            raise
