"""Warms up a process for the programs while this one is still importing."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.commands.options import LOCAL, Options
from deploy.places import LAPTOP_CLOUD
from deploy.programs import ProgramLauncher, WarmLauncher, server_socket

_OTHER_ENGINE = "pulumi"


@contextmanager
def warm_programs(options: Options) -> Iterator[ProgramLauncher | None]:
    """Start or find a process for programs, if the embedded engine will want one, for the block.

    Whether what was typed makes sense is found out later; a process too many does no harm.
    """
    if options.environment != LOCAL or options.engine == _OTHER_ENGINE:
        yield None
        return
    with WarmLauncher(shared=server_socket(LAPTOP_CLOUD)) as launcher:
        yield launcher
