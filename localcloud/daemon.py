"""The daemon: runs the laptop cloud of one checkout until it is told to stop.

Started by `localcloud.control` as ``python -m localcloud.daemon``. Binds the port first, so that
the provider can start beside moto; says on a pipe how far it is; writes ``cloud.json`` when every
part is healthy. SIGTERM stops it cleanly: database servers, Lambda workers and the provider end
with it. What it owned in memory is gone then, so the next one is a new identity.
"""

import argparse
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from localcloud import record, settings
from localcloud.companion import Companion
from localcloud.provider_process import PartError, ProviderProcess

HOST = "127.0.0.1"

SWITCH_SECONDS = 0.0005
"""How long a request may keep the interpreter from the others; Python's own 5 ms add up, since a
request gives it away at each system call and has to wait for it again."""

log = logging.getLogger("localcloud")


class Progress:
    """Tells the starter how far the daemon is, one JSON object a line; it may be gone already."""

    def __init__(self, descriptor: int | None) -> None:
        self._stream = os.fdopen(descriptor, "w") if descriptor is not None else None

    def note(self, text: str) -> None:
        """Say what is being done."""
        log.info("%s", text)
        self._send("note", text)

    def ready(self) -> None:
        """Say that every part is healthy: the last message."""
        self._send("ready", "")
        self._close()

    def failed(self, error: Exception) -> None:
        """Say what did not start: the last message. A part's error tells its own log."""
        if isinstance(error, PartError):
            self._send("part-error", str(error))
        else:
            self._send("error", f"{type(error).__name__}: {error}")
        self._close()

    def _send(self, kind: str, text: str) -> None:
        if self._stream is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._stream.write(json.dumps({"kind": kind, "text": text}) + "\n")
            self._stream.flush()

    def _close(self) -> None:
        if self._stream is not None:
            with contextlib.suppress(BrokenPipeError):
                self._stream.close()
            self._stream = None


@contextlib.contextmanager
def running_cloud(
    home: Path, environment: str, progress: Progress, companion: Companion
) -> Iterator[record.CloudInfo]:
    """Run every part of the cloud for the duration of the block."""
    identity = uuid.uuid4().hex
    with contextlib.ExitStack() as parts:
        listener = parts.enter_context(socket.create_server((HOST, 0)))
        provider = ProviderProcess(home / "logs" / "provider.log")
        provider.start(f"http://{HOST}:{listener.getsockname()[1]}", settings.REGION)
        parts.callback(provider.stop)

        progress.note("loading moto")
        from localcloud.cloud.server import CloudServer

        server = CloudServer(listener)
        parts.callback(server.stop)

        progress.note(f"starting the cloud at {server.endpoint_url}")
        from localcloud.cloud.cloud import Cloud

        cloud = Cloud(home, identity, environment, server)
        parts.callback(cloud.stop)
        cloud.start()

        progress.note("waiting for the Pulumi provider")
        info = record.CloudInfo(
            identity=identity,
            pid=os.getpid(),
            endpoint_url=server.endpoint_url,
            provider_address=provider.address(),
            region=settings.REGION,
            account_id=settings.ACCOUNT_ID,
            access_key_id=settings.ACCESS_KEY_ID,
            secret_access_key=settings.SECRET_ACCESS_KEY,
            environment=environment,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        record.write(home, info)
        parts.callback(record.remove, home, identity)
        cloud.warm_up()
        parts.callback(companion.stop)
        companion.start_when_quiet(server.idle_seconds)
        yield info


def run(
    home: Path,
    environment: str,
    progress: Progress,
    lock_descriptor: int | None,
    companion: Companion,
) -> int:
    """Run the cloud until SIGTERM or SIGINT; return the exit status."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    try:
        with running_cloud(home, environment, progress, companion) as info:
            log.info("healthy: identity %s, %s", info.identity, info.endpoint_url)
            progress.ready()
            if lock_descriptor is not None:
                os.close(lock_descriptor)
            stop.wait()
            log.info("stopping")
    except Exception as error:
        log.exception("the laptop cloud failed")
        progress.failed(error)
        return 1
    log.info("stopped")
    return 0


def main() -> int:
    """Run the daemon from its command line."""
    parser = argparse.ArgumentParser(prog="localcloud.daemon", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--environment", default="local")
    parser.add_argument("--progress-descriptor", type=int)
    parser.add_argument("--lock-descriptor", type=int)
    parser.add_argument("--companion", type=json.loads, default=[], metavar="COMMAND")
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_SECONDS)
    for descriptor in (options.progress_descriptor, options.lock_descriptor):
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s"
    )
    home = options.home.resolve()
    (home / "logs").mkdir(parents=True, exist_ok=True)
    return run(
        home,
        options.environment,
        Progress(options.progress_descriptor),
        options.lock_descriptor,
        Companion(options.companion, home / "logs" / "companion.log"),
    )


if __name__ == "__main__":
    sys.exit(main())
