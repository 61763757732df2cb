"""Run the provider as a process of its own: ``python -m localcloud.provider``.

The first line on stdout is the port. The process ends when its stdin reaches its end (the parent
died or closed the pipe) or on SIGTERM or SIGINT.
"""

import argparse
import os
import signal
import sys
import threading

from localcloud.provider.server import serve

_GRACE = 5.0  # seconds for operations that still run


def main() -> None:
    """Parse the command line, serve, and wait for the end."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.provider", description=__doc__)
    parser.add_argument("--endpoint-url", required=True, help="URL of the laptop cloud")
    parser.add_argument("--region", required=True, help="region where a stack names none")
    arguments = parser.parse_args()
    access_key = os.environ.get("AWS_ACCESS_KEY_ID", "test")
    secret_key = os.environ.get("AWS_SECRET_ACCESS_KEY", "test")

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server, port = serve(
        arguments.endpoint_url, arguments.region, access_key, secret_key, warm_up=True
    )
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Thread(target=_wait_for_stdin, args=(ended,), daemon=True).start()
    ended.wait()
    server.stop(_GRACE).wait()


def _wait_for_stdin(ended: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    ended.set()


if __name__ == "__main__":
    main()
