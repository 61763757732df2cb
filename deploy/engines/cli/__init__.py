"""The Pulumi CLI as an engine, through the Automation API: for every environment but `local`.

Where to look: `engine` is what the orchestrator holds; its `stack` runs the CLI in a layer's
`workspace`; `command` starts and interrupts the process; `translation` and `drift` turn what it
tells into events and results; `locks` and `messages` read its refusals; `state` reads an export;
`discovery` finds the CLI or installs it.
"""

from deploy.engines.cli.discovery import CliMissingError, find_cli
from deploy.engines.cli.engine import CliEngine
from deploy.engines.cli.stack import CliStack

__all__ = ["CliEngine", "CliMissingError", "CliStack", "find_cli"]
