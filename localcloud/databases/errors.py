"""What goes wrong with a local database server, told with the end of its log."""

from pathlib import Path

LOG_TAIL_LINES = 15


class DatabaseServerError(Exception):
    """A server could not be made, started, changed or stopped.

    When a server was involved, the message ends with the last lines of its log and the log's path.
    """

    @classmethod
    def with_log(cls, message: str, log: Path) -> "DatabaseServerError":
        """Return the error with the last lines of ``log`` and its path after ``message``."""
        return cls(f"{message}\n{tail(log)}\nlog: {log}")


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Return the last ``lines`` lines of a log, or a remark when there is none."""
    try:
        content = log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return "(no log was written)"
    return "\n".join(content.splitlines()[-lines:]) or "(the log is empty)"
