"""The environments' settings: which engine deploys them, and where state and secrets are kept.

`local` is built in; every other environment has a file ``environments/<environment>.toml``.
"""

from deploy.environments.files import ENVIRONMENTS, load
from deploy.environments.settings import LOCAL, EngineName, EngineSettings, EnvironmentSettings

__all__ = [
    "ENVIRONMENTS",
    "LOCAL",
    "EngineName",
    "EngineSettings",
    "EnvironmentSettings",
    "load",
]
