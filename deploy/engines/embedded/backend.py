"""Where state lives: the layout of the CLI's file backend, readable by both engines.

`<root>/.pulumi/stacks/<project>/<stack>.json` holds the state, `....json.bak` what it was before
the last run. A save writes a second file and renames it over the first, so whoever reads, or a
process killed half-way, sees the old state or the new one and never a part.
"""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.engines.embedded.encryption import Encryption, canonical_json
from deploy.engines.embedded.errors import StateError
from deploy.engines.embedded.state import (
    Checkpoint,
    PendingOperation,
    ResourceState,
    checkpoint_from_json,
    resource_to_json,
    timestamp,
)

ORGANIZATION = "organization"
"""The one organisation that the CLI's file backends have."""

_CHECKPOINT_VERSION = 3
_PULUMI_VERSION = "v3.260.0"
"""The version in a checkpoint's manifest: that of the CLI whose format is written."""

_salt_lock = threading.Lock()
_new_stack_encryption: dict[tuple[Path, str], Encryption] = {}


@dataclass(frozen=True)
class LoadedStack:
    """A stack's state, and the encryption that its secrets were saved with, if it was saved."""

    checkpoint: Checkpoint
    encryption: Encryption | None


class FileBackend:
    """The state of many stacks below one folder, which is created when something is saved."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def state_file(self, project: str, stack: str) -> Path:
        """Return where a stack's state is, whether it exists or not."""
        return self.root / ".pulumi" / "stacks" / project / f"{stack}.json"

    def exists(self, project: str, stack: str) -> bool:
        """Return whether there is state for a stack."""
        return self.state_file(project, stack).is_file()

    def last_modified(self, project: str, stack: str) -> datetime:
        """Return when the state was last saved. Raises FileNotFoundError when there is none."""
        return datetime.fromtimestamp(self.state_file(project, stack).stat().st_mtime, UTC)

    def load(self, project: str, stack: str, passphrase: str) -> LoadedStack:
        """Return a stack's state, empty and without an encryption when it has none.

        Raises StateError for a file that is damaged or of another format, and PassphraseError.
        """
        file = self.state_file(project, stack)
        latest = self._read(file)
        provider = latest.get("secrets_providers") or {}
        if not provider:
            return LoadedStack(Checkpoint(), None)
        if provider.get("type") != "passphrase":
            raise StateError(
                f"{file} uses the secrets provider {provider.get('type')!r}; "
                "the embedded engine knows only 'passphrase'"
            )
        try:
            encryption = Encryption(passphrase, provider["state"]["salt"])
            return LoadedStack(checkpoint_from_json(latest, encryption), encryption)
        except (KeyError, TypeError, AttributeError) as error:
            raise StateError(
                f"the state {file} is damaged ({type(error).__name__}: {error}). {_cure(file)}"
            ) from error

    def _read(self, file: Path) -> Mapping[str, Any]:
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise StateError(f"cannot read the state {file}: {error}. {_cure(file)}") from error
        try:
            document = json.loads(text)
            version = document["version"]
            latest = document["checkpoint"].get("latest") or {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateError(
                f"the state {file} is truncated or damaged ({type(error).__name__}: {error}). "
                f"{_cure(file)}"
            ) from error
        if version != _CHECKPOINT_VERSION:
            raise StateError(
                f"the state {file} has version {version}; the embedded engine reads version "
                f"{_CHECKPOINT_VERSION}. {_cure(file)}"
            )
        return dict(latest)

    def encryption_of_new_stack(self, passphrase: str, config_salt: str = "") -> Encryption:
        """Return the encryption for a stack without state.

        It takes the salt of the stack's configuration, else that of another stack here: one
        derived key then serves every stack.
        """
        if config_salt:
            return Encryption(passphrase, config_salt)
        with _salt_lock:
            key = (self.root, passphrase)
            if key not in _new_stack_encryption:
                _new_stack_encryption[key] = self._shared_encryption(passphrase)
            return _new_stack_encryption[key]

    def _shared_encryption(self, passphrase: str) -> Encryption:
        """Return an encryption with another stack's salt where the passphrase is the same."""
        for file in sorted(self.root.glob(".pulumi/stacks/*/*.json")):
            try:
                encryption = Encryption(
                    passphrase, self._read(file)["secrets_providers"]["state"]["salt"]
                )
                encryption.verify()
            except (StateError, KeyError, TypeError):
                continue
            return encryption
        return Encryption.with_new_salt(passphrase)

    def remove(self, project: str, stack: str) -> None:
        """Forget a stack: its state and the copy of it."""
        file = self.state_file(project, stack)
        file.unlink(missing_ok=True)
        _backup(file).unlink(missing_ok=True)

    def writer(self, project: str, stack: str, encryption: Encryption) -> "CheckpointWriter":
        """Return what saves a stack's state during a run. One writer a stack, one save a time."""
        meta = self.root / ".pulumi" / "meta.yaml"
        file = self.state_file(project, stack)
        file.parent.mkdir(parents=True, exist_ok=True)
        if not meta.exists():
            meta.write_text("version: 1\n", encoding="utf-8")
        return CheckpointWriter(file, f"{ORGANIZATION}/{project}/{stack}", encryption)


class CheckpointWriter:
    """Saves a stack's state. Not thread-safe: the ledger lets in one save at a time.

    A run saves its state before and after each operation, so the text of each resource is made
    once and reused until the resource is replaced by another object.
    """

    def __init__(self, file: Path, qualified_name: str, encryption: Encryption) -> None:
        self._file = file
        self._name = qualified_name
        self._encryption = encryption
        self._texts: dict[ResourceState, str] = {}
        if file.exists():
            shutil.copy2(file, _backup(file))

    def save(
        self,
        resources: tuple[ResourceState, ...],
        pending: tuple[PendingOperation, ...],
        *,
        durable: bool = False,
    ) -> None:
        """Write the state. `durable` waits until the disk has it, for the last save of a run.

        The saves in between survive the death of the process, not that of the machine.
        """
        self._texts = {item: self._text(item) for item in resources}
        operations = [
            f'{{"resource":{self._text(operation.resource)},"type":"{operation.kind}"}}'
            for operation in pending
        ]
        temporary = self._file.with_name(f"{self._file.name}.tmp")
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(self._document(list(self._texts.values()), operations))
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(self._file)

    def _text(self, resource: ResourceState) -> str:
        known = self._texts.get(resource)
        if known is not None:
            return known
        return json.dumps(
            resource_to_json(resource, self._encryption), separators=(",", ":"), ensure_ascii=False
        )

    def _document(self, resources: list[str], operations: list[str]) -> str:
        manifest = {
            "time": timestamp(),
            "magic": hashlib.sha256(_PULUMI_VERSION.encode()).hexdigest(),
            "version": _PULUMI_VERSION,
        }
        secrets_provider = {"type": "passphrase", "state": {"salt": self._encryption.salt}}
        parts = [
            f'"manifest":{canonical_json(manifest)}',
            f'"secrets_providers":{canonical_json(secrets_provider)}',
        ]
        if resources:
            parts.append(f'"resources":[{",".join(resources)}]')
        if operations:
            parts.append(f'"pending_operations":[{",".join(operations)}]')
        latest = ",".join([*parts, '"metadata":{}'])
        return (
            f'{{"version":{_CHECKPOINT_VERSION},"checkpoint":'
            f'{{"stack":{json.dumps(self._name)},"latest":{{{latest}}}}}}}'
        )


def _backup(file: Path) -> Path:
    return file.with_name(f"{file.name}.bak")


def _cure(file: Path) -> str:
    backup = _backup(file)
    if backup.exists():
        return f"Copy {backup} (the state before the last run) over it"
    return "Restore it from a copy, or remove it if nothing of the stack exists any more"
