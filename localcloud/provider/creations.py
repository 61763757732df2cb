"""Each creation happens once, however often the engine asks for it.

An engine that loses its connection, or that is started again, repeats a Create with the same
operation id. The outcome of the first one answers all of them: a call that comes while it still
runs waits for it. A creation that failed and left nothing behind is forgotten, so that it can be
tried again; one that failed half-way is remembered, because something exists.
"""

import threading
from collections.abc import Callable

from localcloud.provider.errors import PartialCreationError
from localcloud.provider.lifecycle import Created


class _Operation:
    """One creation under way or done."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.created: Created | None = None
        self.error: BaseException | None = None


class Creations:
    """What became of every creation with an operation id, for the server's lifetime."""

    def __init__(self) -> None:
        self._operations: dict[str, _Operation] = {}
        self._lock = threading.Lock()

    def once(self, operation_id: str | None, create: Callable[[], Created]) -> Created:
        """Run a creation, or return (or raise) the outcome of an earlier one with this id.

        Without an id, the creation simply runs. Raises what the creation raises.
        """
        if operation_id is None:
            return create()
        with self._lock:
            operation = self._operations.get(operation_id)
            first = operation is None
            if operation is None:
                operation = self._operations[operation_id] = _Operation()
        if first:
            self._run(operation_id, operation, create)
        operation.done.wait()
        if operation.error is not None:
            raise operation.error
        assert operation.created is not None
        return operation.created

    def _run(self, operation_id: str, operation: _Operation, create: Callable[[], Created]) -> None:
        try:
            operation.created = create()
        except BaseException as error:
            operation.error = error
            if not isinstance(error, PartialCreationError):
                with self._lock:
                    del self._operations[operation_id]
        finally:
            operation.done.set()
