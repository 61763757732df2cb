"""How long `deploy-all` takes on a fresh laptop cloud, and again without a change.

Runs in a temporary copy of the checkout, so that a deployment of your own is left alone. When the
Pulumi CLI is on PATH, the same five programs are also brought up by five bare `pulumi up`, one
after the other, against the same laptop cloud and the same provider, and the ratio is printed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from deploy.layers import layer_graph
from localcloud.control import CloudInfo, LaptopCloud
from tooling.checkout import Checkout

ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """Seconds of one way to deploy, over all rounds."""

    name: str
    cold: list[float]
    unchanged: list[float]

    def row(self) -> str:
        """Return a line with the medians and their spread."""
        cells = [
            f"{median(values):7.1f} ({min(values):.1f}–{max(values):.1f})"
            for values in (self.cold, self.unchanged)
        ]
        return f"{self.name:<28}{cells[0]:>22}{cells[1]:>22}"


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ours(folder: Path) -> Measured:
    """Measure the whole command, as typed: start of the laptop cloud included."""
    checkout = Checkout.create(folder)

    def deploy() -> None:
        finished = checkout.invoke("deploy-all")
        if finished.status:
            sys.exit(finished.output)

    cold, unchanged = [], []
    for _ in range(ROUNDS):
        cold.append(_seconds(deploy))
        unchanged.append(_seconds(deploy))
        checkout.invoke("destroy-all")
    return Measured("invoke deploy-all", cold, unchanged)


def _bare_cli(folder: Path) -> Measured:
    """Measure five `pulumi up` in sequence; the laptop cloud runs already."""
    checkout = Checkout.create(folder)
    cloud = LaptopCloud(checkout.home)
    cold, unchanged = [], []
    for _ in range(ROUNDS):
        info = cloud.start()
        environment = _cli_environment(checkout, info)

        def up(environment: dict[str, str] = environment) -> None:
            for layer in layer_graph().order():
                _pulumi(checkout, layer, environment, "up", "--yes", "--skip-preview")

        for layer in layer_graph().order():
            _pulumi(checkout, layer, environment, "stack", "init", info.environment)
        cold.append(_seconds(up))
        unchanged.append(_seconds(up))
        cloud.stop()
        shutil.rmtree(checkout.home)
    return Measured("five bare pulumi up", cold, unchanged)


def _cli_environment(checkout: Checkout, info: CloudInfo) -> dict[str, str]:
    state = checkout.home / "cli-state"
    state.mkdir()
    return {
        **os.environ,
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(checkout.home / "cli-home"),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_DEBUG_PROVIDERS": f"aws:{info.provider_address.rpartition(':')[2]}",
        "VIRTUAL_ENV": sys.prefix,
    }


def _pulumi(checkout: Checkout, layer: str, environment: dict[str, str], *arguments: str) -> None:
    command = ["pulumi", *arguments, "--non-interactive"]
    if arguments[0] == "up":
        command += ["--stack", f"organization/{layer}/local"]
    ran = subprocess.run(
        command,
        cwd=checkout.folder / "stacks" / layer,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ran.returncode:
        sys.exit(f"{' '.join(command)} in {layer} failed:\n{ran.stdout}")


def main() -> None:
    """Measure and print a table of medians (minimum–maximum) in seconds."""
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as cli:
        rows = [_ours(Path(ours))]
        if shutil.which("pulumi"):
            rows.append(_bare_cli(Path(cli)))
    print(f"{'':<28}{'cold, s':>22}{'unchanged, s':>22}")
    for row in rows:
        print(row.row())
    if len(rows) > 1:
        cold, unchanged = (
            median(getattr(rows[1], what)) / median(getattr(rows[0], what))
            for what in ("cold", "unchanged")
        )
        print(f"{'ratio':<28}{cold:>21.1f}x{unchanged:>21.1f}x")
    else:
        print("no pulumi on PATH: the comparison with five bare `pulumi up` was left out")


if __name__ == "__main__":
    main()
