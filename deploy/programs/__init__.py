"""Processes that run Pulumi programs.

Importing Pulumi takes a second. Nothing here imports it into this process, so that a command can
start a warm process first and import the rest of itself meanwhile.
"""

from deploy.programs.launchers import (
    ColdLauncher,
    ProgramLauncher,
    ProgramRequest,
    RunningProgram,
    WarmLauncher,
)
from deploy.programs.server import server_command, server_socket

__all__ = [
    "ColdLauncher",
    "ProgramLauncher",
    "ProgramRequest",
    "RunningProgram",
    "WarmLauncher",
    "server_command",
    "server_socket",
]
