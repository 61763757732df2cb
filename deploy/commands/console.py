"""The console that commands talk on."""

import sys

from rich.console import Console

_LOG_WIDTH = 120


def make_console() -> Console:
    """Return the console; off a terminal it is wide enough for the summary's table."""
    console = Console(file=sys.stdout, soft_wrap=True)
    if not console.is_terminal:
        console.width = max(console.width, _LOG_WIDTH)
    return console


def say(console: Console, message: str) -> None:
    """Print text as it is."""
    console.print(message, markup=False, highlight=False, soft_wrap=True)
