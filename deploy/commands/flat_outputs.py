"""Writes the flat outputs file after a command that changed something."""

from deploy.commands.run import Session
from deploy.outputs import masked, write
from deploy.places import REPOSITORY
from deploy.recorded import Recorded


def write_outputs(session: Session) -> None:
    """Write the outputs of every deployed layer, secrets masked, and say where they are."""
    workspace = session.workspace
    session.note(f"outputs:  {write_flat(workspace.recorded(), workspace.target.name)}")


def write_flat(recorded: Recorded, environment: str) -> str:
    """Write the outputs of every deployed layer, secrets masked; return the file's path."""
    path = write(
        REPOSITORY,
        {
            layer: masked(state.outputs, frozenset(state.secret_output_names))
            for layer, state in recorded.states.items()
        },
        environment,
    )
    return str(path.relative_to(REPOSITORY))
