"""Reads ``environments/<environment>.toml``, and says precisely what is wrong with one."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.environments.settings import (
    LOCAL,
    PASSPHRASE_PROVIDER,
    EngineName,
    EngineSettings,
    EnvironmentSettings,
)
from deploy.errors import UsageError
from deploy.local import PASSPHRASE, LocalEnvironment
from deploy.places import LAPTOP_CLOUD, REPOSITORY

ENVIRONMENTS = REPOSITORY / "environments"

_KEYS: dict[str, type] = {
    "engine": str,
    "backend_url": str,
    "secrets_provider": str,
    "passphrase_file": str,
    "passphrase_variable": str,
    "aws_profile": str,
    "aws_region": str,
    "protected": bool,
}
_REQUIRED = ("backend_url", "secrets_provider", "aws_region")
_TYPE_NAMES = {str: "a text", bool: "true or false"}


def load(
    name: str,
    *,
    folder: Path = ENVIRONMENTS,
    home: Path = LAPTOP_CLOUD,
    environ: Mapping[str, str] = os.environ,
) -> EnvironmentSettings:
    """Return an environment's settings.

    `home` is the laptop cloud's folder, for `local`; `environ` is where a passphrase's variable is
    looked up. Raises UsageError, naming every fault, for a file that is missing or wrong.
    """
    if name == LOCAL:
        return _local(home)
    file = folder / f"{name}.toml"
    values = _read(file, name)
    faults = [*_wrong_keys(values), *_missing_keys(values), *_contradictions(values)]
    if faults:
        raise UsageError("\n".join(f"{file}: {fault}" for fault in faults))
    return EnvironmentSettings(
        name=name,
        engine=EngineName.PULUMI,
        cli=EngineSettings(
            backend_url=values["backend_url"],
            secrets_provider=values["secrets_provider"],
            passphrase=_passphrase(file, values, environ),
            aws_profile=values.get("aws_profile", ""),
            aws_region=values["aws_region"],
        ),
        protected=values.get("protected", False),
    )


def _local(home: Path) -> EnvironmentSettings:
    environment = LocalEnvironment(LOCAL, home)
    return EnvironmentSettings(
        name=LOCAL,
        engine=EngineName.EMBEDDED,
        cli=EngineSettings(
            backend_url=f"file://{environment.backend_root.absolute()}",
            passphrase=PASSPHRASE,
            home=home.absolute() / "pulumi",
        ),
    )


def _read(file: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        example = file.with_name(f"{name}.example.toml")
        start = f"cp {example} {file}" if example.exists() else f"write {file} (docs/engines.md)"
        raise UsageError(f"environment {name} has no settings: {file}\nnext: {start}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}") from error


def _wrong_keys(values: Mapping[str, Any]) -> list[str]:
    faults = []
    for key, value in values.items():
        if key not in _KEYS:
            faults.append(f"{key!r} is not a setting, expected one of {', '.join(_KEYS)}")
        elif not isinstance(value, _KEYS[key]):
            faults.append(f"{key!r} is {value!r}, expected {_TYPE_NAMES[_KEYS[key]]}")
    return faults


def _missing_keys(values: Mapping[str, Any]) -> list[str]:
    return [f"{key!r} is missing" for key in _REQUIRED if not values.get(key)]


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    faults = []
    if values.get("engine", EngineName.PULUMI) != EngineName.PULUMI:
        faults.append(
            f"'engine' is {values['engine']!r}, expected 'pulumi': "
            "the embedded engine is for the laptop cloud only"
        )
    ways = [key for key in ("passphrase_file", "passphrase_variable") if values.get(key)]
    if values.get("secrets_provider") == PASSPHRASE_PROVIDER:
        if len(ways) != 1:
            faults.append(
                "'secrets_provider' is 'passphrase': set either 'passphrase_file' or "
                "'passphrase_variable', not both"
            )
    elif ways:
        faults.append(f"{ways[0]!r} is for 'secrets_provider' = 'passphrase' only")
    return faults


def _passphrase(file: Path, values: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    variable, path = values.get("passphrase_variable"), values.get("passphrase_file")
    if variable:
        if variable not in environ:
            raise UsageError(
                f"{file} takes the passphrase from ${variable}, which is not set\n"
                f"next: export {variable}=…"
            )
        return environ[variable]
    if path:
        try:
            text = (file.parent / Path(path).expanduser()).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: the passphrase cannot be read: {error}") from error
        return text.rstrip("\r\n")
    return None
