"""Work that goes on after its request was answered, as AWS's own deliveries do."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


def run_in_background(what: str, work: Callable[[], object]) -> None:
    """Run `work` in a thread that does not keep the process alive; a failure is logged."""

    def guarded() -> None:
        try:
            work()
        except Exception:
            log.exception("%s failed", what)

    threading.Thread(target=guarded, name=what, daemon=True).start()
