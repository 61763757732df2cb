"""Where a run keeps its state: named JSON documents in a folder, or in a bucket.

A store is rooted at one run. Its names are relative paths: PLAN, REPORT, and `item(n)`.

Sources: Amazon S3 User Guide, "Add preconditions to S3 operations with conditional requests"
(If-Match, If-None-Match, 412 and 409); Amazon S3 API Reference, "GetObject" (404 for a missing
key needs s3:ListBucket, else it is 403).
"""

import contextlib
import json
import os
import re
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions.data_validation.errors import CheckpointError

PLAN = "plan.json"
"""What is compared, how, and in which items."""

REPORT = "report.json"
"""What came of it."""

OPTIONS = "options.json"
"""In Lambda: what decides a run's load and patience, not its verdict."""

ITEMS = "items.json"
"""In Lambda: the array over which the state machine's distributed map runs. No document."""

_NAME = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.json")
_CONFLICTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_ABSENT = frozenset({"NoSuchKey", "404"})


class CheckpointConflictError(CheckpointError):
    """Another executor has written the document since this one read it: let that one go on."""


class CheckpointUnavailableError(CheckpointError):
    """The store did not answer; the same call may succeed later."""


class Store(Protocol):
    """Named JSON documents of one run."""

    def load(self, name: str) -> dict[str, Any] | None:
        """Return a document, None when there is none. Raises CheckpointError."""
        ...

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a document whole, or not at all. Raises CheckpointError."""
        ...

    def names(self) -> tuple[str, ...]:
        """Return the names of all documents, sorted. Raises CheckpointError."""
        ...


def item(number: int) -> str:
    """Return the name of an item's cursor."""
    return f"items/{number}.json"


class FolderStore:
    """Documents as files. A crash leaves the old file or the new one, never a part of it."""

    def __init__(self, path: Path) -> None:
        """Keep the documents under `path`, which is made with the first document."""
        self._path = path

    def load(self, name: str) -> dict[str, Any] | None:
        """Return a document, None when there is none. Raises CheckpointError."""
        try:
            content = (self._path / _checked(name)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointUnavailableError(
                f"{self._path / name} cannot be read: {error}"
            ) from error
        return _parsed(name, content)

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a document whole, or not at all. Raises CheckpointError."""
        path = self._path / _checked(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, _rendered(document))
        except OSError as error:
            raise CheckpointUnavailableError(f"{path} cannot be written: {error}") from error

    def names(self) -> tuple[str, ...]:
        """Return the names of all documents, sorted. Raises CheckpointError."""
        found = (path.relative_to(self._path).as_posix() for path in self._path.rglob("*.json"))
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))


class S3Store:
    """Documents as objects under one prefix of a bucket.

    A store remembers the version of each document that it has read or written, and writes only
    over that one. So of two executors at work on the same item, the one that took over later goes
    on, and the other finds out with its next write. A document that this store never read is
    written unconditionally.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        """Use `client`, a boto3 client of S3; `prefix` is the run's folder."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix.strip("/") + "/"
        self._versions: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def load(self, name: str) -> dict[str, Any] | None:
        """Return a document, None when there is none. Raises CheckpointError."""
        key = self.key(name)
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            content = answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                self._remember(name, None)
                return None
            raise _failure(f"s3://{self._bucket}/{key} cannot be read", error) from error
        except BotoCoreError as error:
            raise _failure(f"s3://{self._bucket}/{key} cannot be read", error) from error
        document = _parsed(name, content)
        self._remember(name, answer["ETag"])
        return document

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a document whole, or not at all.

        Raises CheckpointConflictError when somebody else has written it in the meantime.
        """
        key = self.key(name)
        try:
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=_rendered(document),
                ContentType="application/json",
                **self._condition(name),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _CONFLICTS:
                raise CheckpointConflictError(
                    f"s3://{self._bucket}/{key} was written by another executor"
                ) from None
            raise _failure(f"s3://{self._bucket}/{key} cannot be written", error) from error
        except BotoCoreError as error:
            raise _failure(f"s3://{self._bucket}/{key} cannot be written", error) from error
        self._remember(name, answer["ETag"])

    def names(self) -> tuple[str, ...]:
        """Return the names of all documents, sorted. Raises CheckpointError."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        try:
            keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        except (ClientError, BotoCoreError) as error:
            raise _failure(f"s3://{self._bucket}/{self._prefix} cannot be listed", error) from error
        found = (key.removeprefix(self._prefix) for key in keys)
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))

    def write_items(self, count: int) -> str:
        """Write the array of all items, numbered from 0, and return its key.

        A distributed map reads an array at the top of a JSON file (Step Functions Developer
        Guide, "ItemReader (Map)"). Raises CheckpointUnavailableError.
        """
        key = self._prefix + ITEMS
        items = json.dumps([{"item": number} for number in range(count)])
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=items, ContentType="application/json"
            )
        except (ClientError, BotoCoreError) as error:
            raise _failure(f"s3://{self._bucket}/{key} cannot be written", error) from error
        return key

    def key(self, name: str) -> str:
        """Return the key of a document's object."""
        return self._prefix + _checked(name)

    def location(self, name: str) -> dict[str, str]:
        """Return where a document is: `bucket` and `key`."""
        return {"bucket": self._bucket, "key": self.key(name)}

    def _condition(self, name: str) -> dict[str, str]:
        with self._lock:
            if name not in self._versions:
                return {}
            version = self._versions[name]
        return {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}

    def _remember(self, name: str, version: str | None) -> None:
        with self._lock:
            self._versions[name] = version


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise CheckpointError(f"{name!r} is no name of a checkpoint")
    return name


def _rendered(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _parsed(name: str, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise CheckpointError(f"{name} is not JSON") from error
    if not isinstance(document, dict):
        raise CheckpointError(f"{name} is not a JSON object")
    return document


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside the old one and move it into its place."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def _failure(what: str, error: Exception) -> CheckpointUnavailableError:
    reason = (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
    return CheckpointUnavailableError(f"{what}: {reason}")
