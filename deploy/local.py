"""The local environment: the laptop cloud of this checkout and the deploy state that belongs to it.

The laptop cloud keeps what was deployed in memory, so a restarted one has a new identity and is
empty. State that was written against another identity describes resources that no longer exist:
it is set aside when the new cloud is adopted.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.engines.embedded import StackState, StateError
from deploy.errors import UsageError
from deploy.layers import layer_graph
from deploy.places import LAPTOP_CLOUD
from deploy.programs import server_command
from localcloud.control import CloudInfo, LaptopCloud

PASSPHRASE = ""
_IDENTITY_FILE = "identity"

Notify = Callable[[str], None]


@dataclass(frozen=True)
class LocalEnvironment:
    """One environment on the laptop cloud of one checkout."""

    name: str
    home: Path = LAPTOP_CLOUD

    @property
    def backend_root(self) -> Path:
        """Folder that holds the layers' state, as the Pulumi CLI's file backend lays it out."""
        return self.home / "state"

    @property
    def cloud(self) -> LaptopCloud:
        """The laptop cloud, whether it runs or not."""
        return LaptopCloud(self.home, self.name, companion=server_command(self.home))

    def start(self, notify: Notify) -> CloudInfo:
        """Start the laptop cloud unless it runs, and set aside state of an earlier one."""
        info = self.cloud.start(notify)
        discarded = adopt_identity(self.backend_root, info.identity)
        if discarded:
            notify(
                f"state of an earlier laptop cloud was set aside ({discarded}): "
                "what it describes ended with that cloud"
            )
        return info

    def states(self) -> dict[str, StackState]:
        """Return the recorded state of every layer that has one, in dependency order.

        Without the laptop cloud that it was written against, state describes nothing: then there
        is none. Raises UsageError when a state can't be read.
        """
        running = self.cloud.info()
        if running is None or recorded_identity(self.backend_root) != running.identity:
            return {}
        found = {layer: self.state(layer) for layer in layer_graph().order()}
        return {layer: state for layer, state in found.items() if state is not None}

    def state(self, layer: str) -> StackState | None:
        """Return what was last saved of a layer. Raises UsageError when it can't be read."""
        try:
            return StackState.load(self.backend_root, layer, self.name, passphrase=PASSPHRASE)
        except StateError as error:
            raise UsageError(
                f"{error}\nThe laptop cloud is quicker made anew than its state is mended.\n"
                "next: invoke local-stop, then: invoke deploy-all"
            ) from error


def recorded_identity(backend_root: Path) -> str | None:
    """Return the identity of the laptop cloud that the state was written against, if any."""
    marker = backend_root / _IDENTITY_FILE
    return marker.read_text(encoding="utf-8").strip() if marker.exists() else None


def adopt_identity(backend_root: Path, identity: str) -> Path | None:
    """Bind the state folder to a laptop cloud; return where other state was set aside, if any.

    Only the last state that was set aside is kept.
    """
    if recorded_identity(backend_root) == identity:
        return None
    discarded = backend_root.with_name(f"{backend_root.name}-discarded")
    had_state = (backend_root / ".pulumi").exists()
    if had_state:
        shutil.rmtree(discarded, ignore_errors=True)
        backend_root.rename(discarded)
    backend_root.mkdir(parents=True, exist_ok=True)
    (backend_root / _IDENTITY_FILE).write_text(identity + "\n", encoding="utf-8")
    return discarded if had_state else None
