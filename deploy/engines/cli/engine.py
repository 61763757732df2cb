"""The Pulumi CLI as the orchestrator drives it: one object, a stack for each layer."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from pulumi.automation import PulumiCommand

from deploy.engines.cli.discovery import find_cli
from deploy.engines.cli.stack import CliStack
from deploy.environments import EngineSettings
from deploy.layers import project_folder

_ATTACHED = "PULUMI_DEBUG_PROVIDERS"
_ALWAYS = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
_WITH_ATTACHED_PROVIDERS = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}


class CliEngine:
    """Deploys the layers of one environment with the Pulumi CLI. A `deploy.engines.Engine`.

    `settings` say where state and secrets are kept; `environ` is added to the environment of every
    CLI that is started (for the laptop cloud ``PULUMI_DEBUG_PROVIDERS=aws:<port>``, its provider);
    `find` gets the CLI when it is first needed; `folder_of` says where a layer's project is.
    """

    name = "pulumi"

    def __init__(
        self,
        environment_name: str,
        *,
        settings: EngineSettings,
        environ: Mapping[str, str] = {},
        find: Callable[[], PulumiCommand] = find_cli,
        folder_of: Callable[[str], Path] = project_folder,
    ) -> None:
        self._environment_name = environment_name
        self._settings = settings
        # What runs in an attached provider needs no plugin, and none may be fetched for it.
        extra = _WITH_ATTACHED_PROVIDERS if _ATTACHED in environ else {}
        self._environ = {**_ALWAYS, **extra, **environ}
        self._find = find
        self._folder_of = folder_of
        self._lock = threading.Lock()
        self._found: PulumiCommand | None = None

    @property
    def cli(self) -> PulumiCommand:
        """The CLI, found once. Raises CliMissingError."""
        with self._lock:
            if self._found is None:
                self._found = self._find()
            return self._found

    def stack(self, layer: str, *, environ: Mapping[str, str] = {}) -> CliStack:
        """Return a layer's stack; `environ` is added to its program's environment variables.

        Raises ConfigError when the layer's project cannot be read, and CliMissingError.
        """
        if self._settings.file_backend is not None:
            # The CLI wants the folder of a file backend to exist.
            self._settings.file_backend.mkdir(parents=True, exist_ok=True)
        return CliStack(
            self._folder_of(layer),
            self._environment_name,
            cli=self.cli,
            settings=self._settings,
            environ={**self._environ, **environ},
        )

    def close(self) -> None:
        """Do nothing: each run ends what it starts."""
