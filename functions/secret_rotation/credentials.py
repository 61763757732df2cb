"""A database secret's content, and what may differ between two versions of it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.runtime.connections import Server
from functions.secret_rotation.errors import RotationRefusedError

CLONE_SUFFIX = "_clone"
LONGEST_ROLE_NAME = 63
"""Bytes: PostgreSQL cuts longer names off (manual, "Identifiers and Key Words", NAMEDATALEN)."""


@dataclass(frozen=True)
class Credential:
    """A login and whatever else the secret's JSON object holds, which rotations keep."""

    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, text: str | None, name: str) -> "Credential":
        """Return the credential that a secret's text holds; `name` is what messages call it.

        Raises RotationRefusedError unless it is a JSON object with a user name and a password.
        """
        try:
            document = json.loads(text or "")
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise RotationRefusedError(f"{name} is not a JSON object")
        missing = [
            key
            for key in ("username", "password")
            if not (isinstance(document.get(key), str) and document[key])
        ]
        if missing:
            raise RotationRefusedError(f"{name} has no text at: {', '.join(missing)}")
        return cls(document)

    @property
    def username(self) -> str:
        """The role that logs in."""
        return str(self.document["username"])

    @property
    def password(self) -> str:
        """Its password."""
        return str(self.document["password"])

    def login(self) -> dict[str, str]:
        """Return the two values that a connection takes."""
        return {"username": self.username, "password": self.password}

    def replaced(self, *, password: str, username: str | None = None) -> "Credential":
        """Return the same secret with another password, and perhaps another role."""
        changes = {"username": username or self.username, "password": password}
        return Credential({**self.document, **changes})

    def text(self) -> str:
        """Return the JSON text that Secrets Manager keeps."""
        return json.dumps(self.document)


def alternate_username(username: str) -> str:
    """Return the other one of the two logins that take turns: a name, or that name's clone.

    Raises RotationRefusedError when PostgreSQL would cut the clone's name off.
    """
    if username.endswith(CLONE_SUFFIX):
        return username.removesuffix(CLONE_SUFFIX)
    clone = username + CLONE_SUFFIX
    if len(clone.encode()) > LONGEST_ROLE_NAME:
        raise RotationRefusedError(f"{clone} is longer than {LONGEST_ROLE_NAME} bytes")
    return clone


def require_successor(current: Credential, pending: Credential, username: str) -> None:
    """Check that `pending` is the login `username`, and otherwise says what `current` does.

    A version that names another host or role than the current one was not made by a rotation, and
    must not make this function change a password elsewhere. Raises RotationRefusedError.
    """
    if pending.username != username:
        raise RotationRefusedError(
            f"the pending version is for {pending.username}, but after {current.username}"
            f" comes {username}"
        )
    rotated = {"username", "password"}
    keys = (current.document.keys() | pending.document.keys()) - rotated
    changed = [key for key in sorted(keys) if not _same(current, pending, key)]
    if changed:
        raise RotationRefusedError(
            f"the pending version differs from the current one at: {', '.join(changed)}"
        )


def require_server(credential: Credential, server: Server) -> None:
    """Check that a secret which names its host and port names this server's.

    Raises RotationRefusedError.
    """
    host, port = credential.document.get("host"), credential.document.get("port")
    if host is not None and host != server.host:
        raise RotationRefusedError(f"the secret is for host {host}, the cluster is {server.host}")
    if port is not None and str(port) != str(server.port):
        raise RotationRefusedError(f"the secret is for port {port}, the cluster is {server.port}")


def _same(one: Credential, other: Credential, key: str) -> bool:
    absent = object()
    return bool(one.document.get(key, absent) == other.document.get(key, absent))
