"""What an environment's settings say, once they are read."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

LOCAL = "local"
"""The environment on this machine: the laptop cloud's."""

PASSPHRASE_PROVIDER = "passphrase"  # noqa: S105 - the name of a way to encrypt, not a secret


class EngineName(StrEnum):
    """The engines, by the names that `--engine` takes."""

    EMBEDDED = "embedded"
    PULUMI = "pulumi"


@dataclass(frozen=True)
class EngineSettings:
    """What the Pulumi CLI is told of an environment.

    `backend_url` is where state is kept, as `pulumi login` takes it. `secrets_provider` is
    ``passphrase``, or the URL of a key that encrypts secrets (``awskms://…``); `passphrase` goes
    with the first. `home` is the CLI's own folder (None: the user's, ``~/.pulumi``).
    """

    backend_url: str
    secrets_provider: str = PASSPHRASE_PROVIDER
    passphrase: str | None = field(default=None, repr=False)
    aws_profile: str = ""
    aws_region: str = ""
    home: Path | None = None

    @property
    def file_backend(self) -> Path | None:
        """The folder that holds the state, None when it is kept elsewhere than in files."""
        prefix = "file://"
        if not self.backend_url.startswith(prefix):
            return None
        return Path(self.backend_url.removeprefix(prefix)).expanduser()

    def environment(self) -> dict[str, str]:
        """Return the environment variables by which the CLI and the AWS provider take these."""
        variables = {"PULUMI_BACKEND_URL": self.backend_url}
        if self.passphrase is not None:
            variables["PULUMI_CONFIG_PASSPHRASE"] = self.passphrase
        if self.aws_profile:
            variables["AWS_PROFILE"] = self.aws_profile
        if self.aws_region:
            variables["AWS_REGION"] = self.aws_region
        return variables


@dataclass(frozen=True)
class EnvironmentSettings:
    """One environment: who deploys it by default, and the settings of the Pulumi CLI for it.

    `protected` environments want their name typed before anything in them is changed; `--yes`
    answers that too.
    """

    name: str
    engine: EngineName
    cli: EngineSettings
    protected: bool = False
