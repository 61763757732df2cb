"""Whether everything that is added to moto could be added.

An extension that fails leaves moto as it is, and stock moto would answer in its place: functions
that never ran, databases without a server. So a cloud with a failed extension answers nothing.
"""

import logging
import threading

log = logging.getLogger(__name__)


class InstallationError(Exception):
    """The cloud answers nothing, because a part of it could not be installed."""


class Installation:
    """Collects what could not be installed. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failure: str | None = None

    @property
    def failure(self) -> str | None:
        """What failed first and why, for the user; None as long as nothing has."""
        return self._failure

    def failed(self, part: str, error: Exception) -> None:
        """Note that `part` of the cloud cannot be used as it should be."""
        log.error("the extension of %s cannot be installed", part, exc_info=error)
        with self._lock:
            if self._failure is None:
                self._failure = (
                    f"the extension of {part} cannot be installed: {type(error).__name__}: {error}."
                    " This laptop cloud answers no request, because stock moto would"
                )
