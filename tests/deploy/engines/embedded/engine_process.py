"""Processes that run the engine once, for tests that kill them.

This one imports everything and forks a child for each line `FOLDER<tab>ADDRESS<tab>VERB` on its
standard input, answering the child's pid. The children share its warm launcher. They are its own
to collect, so a child that was killed is gone at once.
"""

import os
import signal
import sys
from pathlib import Path

from deploy.programs import WarmLauncher
from tests.deploy.engines.embedded.memory_cloud import MemoryCloud
from tests.deploy.engines.embedded.scenario import Scenario


def main() -> None:
    """Fork a child per line until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with WarmLauncher(preload=()) as launcher:
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                run(launcher, *line.rstrip("\n").split("\t"))
            print(pid, flush=True)


def run(launcher: WarmLauncher, folder: str, address: str, verb: str) -> None:
    """Run the engine on the project `scenario` below a folder, and end the process."""
    scenario = Scenario(Path(folder), MemoryCloud(), address, launcher)
    result = getattr(scenario, verb)().result
    print(f"not killed: {result}", file=sys.stderr, flush=True)
    os._exit(1)


if __name__ == "__main__":
    main()
