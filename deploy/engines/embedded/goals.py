"""What a program asks for when it registers a resource, and what it may not ask for."""

import re
from pathlib import Path
from typing import Any

from deploy.engines.embedded.assets import hashed
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.state import ResourceState
from deploy.engines.embedded.values import (
    Properties,
    collapse_outputs,
    contains_unknown,
    decode,
)

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def properties_from_program(struct: Any, directory: Path) -> Properties:
    """Return properties that a program sent: nulls dropped, outputs collapsed, assets hashed."""
    values: Properties = hashed(collapse_outputs(decode(struct)), directory)
    return {key: value for key, value in values.items() if value is not None}


def goal_of(request: Any, urn: str, directory: Path, *, dry_run: bool) -> ResourceState:
    """Return the state that a RegisterResourceRequest asks for, still without id and outputs.

    Raises OperationError for features that the engine lacks, each by its name.
    """
    _refuse_unsupported(request)
    inputs = properties_from_program(request.object, directory)
    if not dry_run and contains_unknown(inputs):
        raise OperationError("the inputs contain a value that is not known in a deployment")
    return ResourceState(
        urn=urn,
        type=request.type,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        protect=request.protect,
        dependencies=sorted(request.dependencies),
        provider=request.provider if request.custom else "",
        property_dependencies={
            key: sorted(item.urns) for key, item in sorted(request.propertyDependencies.items())
        },
        additional_secret_outputs=list(request.additionalSecretOutputs),
        custom_timeouts={
            name: seconds(text)
            for name in ("create", "update", "delete")
            if (text := getattr(request.customTimeouts, name))
        },
        import_id=request.importId,
        retain_on_delete=request.retainOnDelete,
        deleted_with=request.deletedWith,
        replace_with=list(request.replace_with),
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
    )


def seconds(duration: str) -> float:
    """Return a duration in Go's notation (`1h30m`, `1.5s`) in seconds."""
    parts = re.findall(r"([\d.]+)(ms|h|m|s)", duration)
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _refuse_unsupported(request: Any) -> None:
    features = {
        "remote components": request.remote,
        "parameterized packages": bool(request.packageRef),
        "resource transforms": bool(request.transforms),
        "resource hooks": request.HasField("hooks") and request.hooks.ByteSize() > 0,
        "replacement triggers": request.HasField("replacement_trigger"),
        "state migrations": bool(request.state_migrations),
        "environment variable mappings of providers": bool(request.envVarMappings),
        "provider downloads (plugin_download_url)": bool(request.pluginDownloadURL),
    }
    asked = [name for name, present in features.items() if present]
    if asked:
        raise OperationError(f"not supported by the embedded engine: {', '.join(asked)}")
