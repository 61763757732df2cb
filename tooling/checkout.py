"""A checkout of the project in a folder of its own, driven through its command line."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import psutil
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
TIMEOUT_SECONDS = 180


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    status: int
    output: str

    def lines(self, layer: str) -> list[str]:
        """Return the progress lines of one layer."""
        return [line for line in self.output.splitlines() if line.split()[:1] == [layer]]


@dataclass(frozen=True)
class Checkout:
    """One checkout with its own laptop cloud."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Checkout":
        """Copy every file that git knows or would add, as a clone of the present work has them."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (REPOSITORY / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, folder / name)
        return cls(folder)

    @property
    def home(self) -> Path:
        """The folder of this checkout's laptop cloud."""
        return self.folder / ".laptop-cloud"

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start an invoke task in a process group of its own and return the process."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "invoke", *arguments],
            cwd=self.folder,
            env={**environment, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def invoke(self, *arguments: str) -> Finished:
        """Run an invoke task to its end."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        return Finished(process.returncode, output)

    def outputs(self) -> dict[str, Any]:
        """Return the flat outputs."""
        path = self.folder / "cfn-outputs" / "flat-outputs.json"
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return loaded

    def clients(self) -> Callable[[str], Any]:
        """Return what makes stock boto3 clients, set up by nothing but `invoke local-env`."""
        exports = dict(
            line.removeprefix("export ").split("=", 1)
            for line in self.invoke("local-env").output.splitlines()
            if line.startswith("export ")
        )
        session: Any = boto3.Session(
            region_name=exports["AWS_REGION"],
            aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
        )
        return partial(session.client, endpoint_url=exports["AWS_ENDPOINT_URL"])

    def query(self, side: str, sql: str) -> str:
        """Run SQL through the psql task and return its output."""
        finished = self.invoke("psql", side, "-c", sql)
        assert finished.status == 0, finished.output
        return finished.output

    def configure(self, layer: str, **values: Any) -> str:
        """Change a layer's local configuration; return the text that was there before."""
        path = self.folder / "stacks" / layer / "Pulumi.local.yaml"
        before = path.read_text(encoding="utf-8")
        settings = yaml.safe_load(before)
        for key, value in values.items():
            settings["config"][f"{layer}:{key}"] = value
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return before

    def restore(self, layer: str, text: str) -> None:
        """Put a layer's local configuration back."""
        path = self.folder / "stacks" / layer / "Pulumi.local.yaml"
        path.write_text(text, encoding="utf-8")

    def processes(self) -> list[str]:
        """Return every process that works for this checkout: by command line or folder."""
        return [
            f"{process.pid} {' '.join(process.cmdline())[:120]}" for process in self._processes()
        ]

    def _processes(self) -> Iterator[psutil.Process]:
        marker = str(self.folder)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if any(marker in place for place in (*process.cmdline(), process.cwd())):
                    yield process
