"""The embedded engine as the orchestrator drives it: one object, a stack for each layer."""

from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.engines.embedded.stack import EmbeddedStack
from deploy.layers import project_folder
from deploy.programs import ProgramLauncher


class EmbeddedEngine:
    """Deploys the layers of one environment without the Pulumi CLI. A `deploy.engines.Engine`.

    `backend_root` is the folder of a file backend; `provider_addresses` maps a package to the
    `host:port` of its gRPC server; `launcher` starts the programs and stays the caller's to close;
    `parallel` limits the operations that one stack runs at a time; `folder_of` says where a
    layer's Pulumi project is.
    """

    name = "embedded"

    def __init__(
        self,
        environment_name: str,
        *,
        backend_root: Path,
        provider_addresses: Mapping[str, str],
        launcher: ProgramLauncher,
        passphrase: str = "",
        parallel: int = 16,
        folder_of: Callable[[str], Path] = project_folder,
    ) -> None:
        self._environment_name = environment_name
        self._backend_root = backend_root
        self._provider_addresses = dict(provider_addresses)
        self._launcher = launcher
        self._passphrase = passphrase
        self._parallel = parallel
        self._folder_of = folder_of

    def stack(self, layer: str, *, environ: Mapping[str, str] = {}) -> EmbeddedStack:
        """Return a layer's stack; `environ` is added to its program's environment variables.

        Raises ConfigError when the layer's project cannot be read.
        """
        return EmbeddedStack(
            self._folder_of(layer),
            self._environment_name,
            backend_root=self._backend_root,
            provider_addresses=self._provider_addresses,
            launcher=self._launcher,
            passphrase=self._passphrase,
            environ=environ,
            parallel=self._parallel,
        )

    def close(self) -> None:
        """Do nothing: each run ends what it starts, and the launcher is the caller's."""
