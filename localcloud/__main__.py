"""The laptop cloud by hand: ``python -m localcloud start|stop|status``.

Uses ``.laptop-cloud`` in the current folder unless told otherwise.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from localcloud.control import LaptopCloud, LaptopCloudError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status (for ``status``: 1 when nothing runs)."""
    parser = argparse.ArgumentParser(prog="localcloud", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status"])
    parser.add_argument("--home", type=Path, default=Path(".laptop-cloud"))
    parser.add_argument("--environment", default="local")
    options = parser.parse_args(arguments)
    cloud = LaptopCloud(options.home, options.environment)
    try:
        if options.command == "stop":
            print("stopped" if cloud.stop() else "was not running")
            return 0
        info = cloud.start(_tell) if options.command == "start" else cloud.info()
    except LaptopCloudError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(dataclasses.asdict(info), indent=2) if info else "not running")
    return 0 if info else 1


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
