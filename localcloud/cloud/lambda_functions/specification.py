"""What a worker needs to know of a function, apart from moto, and what follows from it."""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from uuid import uuid4

from localcloud import settings


@dataclass(frozen=True)
class Archive:
    """A zip and the digest that Lambda knows it by."""

    digest: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class FunctionSpecification:
    """One version and configuration of a function; workers are shared by equal ones only.

    `arn` is the invoked ARN without a qualifier for ``$LATEST``; memory is in MB, the time-out in
    seconds.
    """

    name: str
    version: str
    arn: str
    region: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_seconds: float
    log_group: str
    code: Archive
    layers: tuple[Archive, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Digest of everything that a worker depends on."""
        values = [
            *(self.arn, self.version, self.runtime, self.handler, self.log_group),
            *(self.memory_mb, self.timeout_seconds, sorted(self.environment.items())),
            *(archive.digest for archive in (self.code, *self.layers)),
        ]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def new_log_stream(specification: FunctionSpecification) -> str:
    """Return a stream name as Lambda makes one for each execution environment."""
    return f"{datetime.now(UTC):%Y/%m/%d}/[{specification.version}]{uuid4().hex}"


def worker_environment(
    specification: FunctionSpecification,
    *,
    log_stream: str,
    task_root: str,
    managed_runtime: str,
    temporary_folder: str,
    endpoint_url: str,
) -> dict[str, str]:
    """Return the environment variables of a worker.

    The reserved ones ("Using Lambda environment variables") win over the function's own; the
    endpoint and the temporary folder are the laptop cloud's additions.
    """
    defaults = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": managed_runtime,
        "TMPDIR": temporary_folder,
        "AWS_ENDPOINT_URL": endpoint_url,
        "_X_AMZN_TRACE_ID": "",
    }
    reserved = {
        "_HANDLER": specification.handler,
        "AWS_REGION": specification.region,
        "AWS_DEFAULT_REGION": specification.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{specification.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": specification.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(specification.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": specification.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": specification.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_ACCESS_KEY_ID": settings.ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": settings.SECRET_ACCESS_KEY,
        "LAMBDA_TASK_ROOT": task_root,
        "LAMBDA_RUNTIME_DIR": managed_runtime,
    }
    return {**defaults, **specification.environment, **reserved}


def runs_here(runtime: str) -> bool:
    """Return whether this runtime can be run: any managed Python runtime, by this Python."""
    return runtime.startswith("python3.") and sys.version_info >= (3, 11)
