"""Which environment a command works on, with which engine, and where its records are kept."""

from dataclasses import dataclass
from pathlib import Path

from deploy import environments
from deploy.environments import LOCAL, EngineName, EnvironmentSettings
from deploy.errors import UsageError
from deploy.layers import check_environment
from deploy.places import LAPTOP_CLOUD


@dataclass(frozen=True)
class Target:
    """An environment and the engine to work on it with."""

    settings: EnvironmentSettings
    engine: EngineName

    @property
    def name(self) -> str:
        """The environment's name, which is its Pulumi stacks' name too."""
        return self.settings.name

    @property
    def is_local(self) -> bool:
        """Whether it is the laptop cloud's."""
        return self.name == LOCAL

    @property
    def home(self) -> Path:
        """The folder of this environment's lock, logs and records on this machine."""
        return LAPTOP_CLOUD if self.is_local else LAPTOP_CLOUD / "environments" / self.name

    @property
    def confirmation(self) -> str:
        """What has to be typed before something is changed."""
        return self.name if self.settings.protected else "yes"


def choose(environment: str, engine: str | None) -> Target:
    """Return the target that was asked for; without an engine, the environment's own.

    Raises UsageError for an unknown environment or engine, for settings that cannot be read, and
    for the embedded engine anywhere but on the laptop cloud.
    """
    settings = environments.load(check_environment(environment))
    if engine is None:
        return Target(settings, settings.engine)
    valid = [name.value for name in EngineName]
    if engine not in valid:
        raise UsageError(f"unknown engine: {engine}\nvalid engines: {', '.join(valid)}")
    if engine == EngineName.EMBEDDED and environment != LOCAL:
        raise UsageError(
            f"the embedded engine deploys to the laptop cloud only, not to {environment}\n"
            f"next: leave out --engine {engine}"
        )
    return Target(settings, EngineName(engine))
