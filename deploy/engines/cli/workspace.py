"""A layer's project folder as the Automation API works in it, leaving the team's own use alone."""

from pathlib import Path

from pulumi.automation import (
    CommandResult,
    LocalWorkspace,
    OutputMap,
    PulumiCommand,
    StackNotFoundError,
)

from deploy.engines.embedded.backend import FileBackend


class LayerWorkspace(LocalWorkspace):
    """A `LocalWorkspace` that selects no stack and asks the CLI nothing that is known already.

    `pulumi stack select` would change what a plain `pulumi up` in the folder works on.
    """

    def __init__(
        self,
        folder: Path,
        project: str,
        command: PulumiCommand,
        environment: dict[str, str],
        *,
        secrets_provider: str,
        home: Path | None,
        file_backend: Path | None,
    ) -> None:
        super().__init__(
            work_dir=str(folder),
            pulumi_command=command,
            env_vars=environment,
            secrets_provider=secrets_provider,
            pulumi_home=str(home) if home else None,
        )
        self._project = project
        self._file_backend = file_backend

    def select_stack(self, stack_name: str) -> None:
        """Make sure that the stack exists. Raises StackNotFoundError."""
        if self._file_backend is None:
            self._ask("stack", "--stack", stack_name)
            return
        if not FileBackend(self._file_backend).exists(self._project, stack_name):
            raise StackNotFoundError(CommandResult("", f"no stack named '{stack_name}' found", 1))

    def create_stack(self, stack_name: str) -> None:
        """Create the stack, without selecting it."""
        provider = ["--secrets-provider", self.secrets_provider] if self.secrets_provider else []
        self._ask("stack", "init", stack_name, "--no-select", *provider)

    def stack_outputs(self, stack_name: str) -> OutputMap:
        """Return nothing: outputs are taken from the state, which is read anyway."""
        return {}

    def _ask(self, *arguments: str) -> CommandResult:
        home = {"PULUMI_HOME": self.pulumi_home} if self.pulumi_home else {}
        environment = {**home, **self.env_vars}
        return self.pulumi_command.run(list(arguments), self.work_dir, environment)
