"""A place where one engine works: a cloud of its own, projects, and a file backend."""

import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.engines.cli import CliEngine
from deploy.engines.embedded import EmbeddedEngine
from deploy.engines.interface import Engine, LayerStack
from deploy.environments import EngineSettings
from deploy.programs import ProgramLauncher
from tests.conformance.cloud import ConformanceCloud
from tests.deploy.engines.embedded.scenario import CLI_SALT, HEADER, PROGRAMS

STACK = "local"
ENVIRON: Mapping[str, str] = {"PYTHONPATH": str(PROGRAMS)}


@dataclass(frozen=True)
class Workplace:
    """One cloud and one backend, which either engine may work on."""

    folder: Path
    cloud: ConformanceCloud
    address: str
    python: Path

    @classmethod
    @contextmanager
    def open(cls, folder: Path, python: Path) -> "Iterator[Workplace]":
        """Serve a new cloud for the block; `python` is the virtual environment of the programs."""
        cloud = ConformanceCloud()
        with cloud.serve() as address:
            yield cls(folder, cloud, address, python)

    @property
    def backend(self) -> Path:
        """The root of the file backend."""
        return self.folder / "backend"

    def project(self, name: str) -> Path:
        """Return a project's folder."""
        return self.folder / "projects" / name

    @property
    def environ(self) -> dict[str, str]:
        """What the CLI's environment needs: the cloud's provider and the programs' modules."""
        port = self.address.rpartition(":")[2]
        return {**ENVIRON, "PULUMI_DEBUG_PROVIDERS": f"test:{port}"}

    def write(self, project: str, program: str) -> None:
        """Write a project with this program."""
        directory = self.project(project)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "Pulumi.yaml").write_text(
            f"name: {project}\nruntime:\n  name: python\n"
            f"  options: {{toolchain: pip, virtualenv: {self.python}}}\n"
        )
        (directory / f"Pulumi.{STACK}.yaml").write_text(f"encryptionsalt: {CLI_SALT}\n")
        (directory / "__main__.py").write_text(HEADER + textwrap.dedent(program))

    def embedded(self, launcher: ProgramLauncher, project: str) -> LayerStack:
        """Return the project's stack on the embedded engine."""
        engine: Engine = EmbeddedEngine(
            STACK,
            backend_root=self.backend,
            provider_addresses={"test": self.address},
            launcher=launcher,
            folder_of=self.project,
        )
        return engine.stack(project, environ=ENVIRON)

    def pulumi(self, home: Path, project: str) -> LayerStack:
        """Return the project's stack on the Pulumi CLI, whose own folder is `home`."""
        engine: Engine = CliEngine(
            STACK,
            settings=EngineSettings(f"file://{self.backend}", passphrase="", home=home),
            environ=self.environ,
            folder_of=self.project,
        )
        return engine.stack(project)
