"""A project's settings (`Pulumi.yaml`) and a stack's configuration (`Pulumi.<stack>.yaml`).

`Pulumi.yaml` declares the keys of the project with types and defaults (Pulumi documentation,
"Project file reference", attribute `config`); the stack's file gives their values. A key without a
namespace belongs to the project. Programs get every value as text: objects and lists as JSON.

Stricter than the CLI where a mistake would otherwise pass unseen: in a project that declares its
configuration, a key of its own that is not declared is an error, and so is a namespace that is
neither the project nor a provider.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deploy.engines.embedded.encryption import Encryption, canonical_json
from deploy.engines.embedded.errors import ConfigError

_PULUMI_NAMESPACE = "pulumi"


@dataclass(frozen=True)
class DeclaredKey:
    """What `Pulumi.yaml` says of one key: its type, and a default that is None for a must."""

    type: str = ""
    default: Any = None
    item_type: str = ""
    secret: bool = False


@dataclass(frozen=True)
class Project:
    """A project's settings. `declared` is None when it declares no configuration at all."""

    name: str
    directory: Path
    program: Path
    declared: Mapping[str, DeclaredKey] | None

    @property
    def file(self) -> Path:
        """Where the settings were read from."""
        return self.directory / "Pulumi.yaml"


@dataclass(frozen=True)
class StackSettings:
    """A stack's configuration as it stands in its file, secure values still encrypted."""

    file: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    encryption_salt: str = ""


@dataclass(frozen=True)
class Config:
    """Configuration for a program: full key (`<namespace>:<key>`) to text, and the secret keys."""

    values: Mapping[str, str]
    secret_keys: frozenset[str]

    def of_package(self, package: str) -> dict[str, str]:
        """Return the values in a provider's namespace, by their short keys."""
        prefix = f"{package}:"
        return {
            key.removeprefix(prefix): value
            for key, value in self.values.items()
            if key.startswith(prefix)
        }


def load_project(directory: Path) -> Project:
    """Read `Pulumi.yaml`. Raises ConfigError when it is missing, malformed or not for Python."""
    file = directory / "Pulumi.yaml"
    if not file.is_file():
        raise ConfigError(f"{file} does not exist: every Pulumi project needs one")
    document = _read_yaml(file)
    name = document.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{file}: 'name' is missing, expected the project's name")
    runtime = document.get("runtime")
    runtime_name = runtime.get("name") if isinstance(runtime, dict) else runtime
    if runtime_name != "python":
        raise ConfigError(f"{file}: 'runtime' is {runtime_name!r}, expected 'python'")
    declared = document.get("config")
    if declared is not None and not isinstance(declared, dict):
        raise ConfigError(f"{file}: 'config' is expected to be a mapping of keys to declarations")
    return Project(
        name=name,
        directory=directory,
        program=directory / str(document.get("main", ".")),
        declared=None
        if declared is None
        else {_full_key(name, key): _declared(file, key, item) for key, item in declared.items()},
    )


def load_stack_settings(project: Project, stack: str) -> StackSettings:
    """Read `Pulumi.<stack>.yaml`; empty settings when there is no such file. Raises ConfigError."""
    file = project.directory / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        return StackSettings(file)
    document = _read_yaml(file)
    values = document.get("config") or {}
    if not isinstance(values, dict):
        raise ConfigError(f"{file}: 'config' is expected to be a mapping of keys to values")
    if document.get("secretsprovider", "passphrase") != "passphrase":
        raise ConfigError(
            f"{file}: 'secretsprovider' is {document['secretsprovider']!r}; "
            "the embedded engine knows only 'passphrase'"
        )
    return StackSettings(
        file,
        {_full_key(project.name, key): value for key, value in values.items()},
        str(document.get("encryptionsalt") or ""),
    )


def resolve(
    project: Project, settings: StackSettings, packages: Collection[str], passphrase: str
) -> Config:
    """Return the configuration that the program is given: values, else declared defaults.

    `packages` are the namespaces of providers. Raises ConfigError, with every fault found, for
    keys that are unknown, missing or of the wrong type.
    """
    declared = project.declared or {}
    secure = {key: value for key, value in settings.values.items() if _is_secure(value)}
    plain = {key: value for key, value in settings.values.items() if key not in secure}
    faults = [
        *_unknown_keys(project, settings, packages),
        *_missing_keys(project, settings),
        *_wrong_types(settings.file, declared, plain),
    ]
    if faults:
        raise ConfigError("\n".join(faults))
    defaults = {key: item.default for key, item in declared.items() if item.default is not None}
    values = {key: _text(value) for key, value in {**defaults, **plain}.items()}
    values.update(_decrypted(settings, secure, passphrase))
    secret_keys = {key for key, item in declared.items() if item.secret and key in values}
    return Config(values, frozenset({*secure, *secret_keys}))


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file} cannot be read as YAML: {error}") from error
    if document is not None and not isinstance(document, dict):
        raise ConfigError(f"{file}: expected a mapping, found {type(document).__name__}")
    return document or {}


def _full_key(project: str, key: Any) -> str:
    text = str(key)
    return text if ":" in text else f"{project}:{text}"


def _declared(file: Path, key: str, item: Any) -> DeclaredKey:
    if not isinstance(item, dict):
        return DeclaredKey(default=item)
    declared_type = str(item.get("type", ""))
    if declared_type and declared_type not in _TYPE_CHECKS:
        raise ConfigError(
            f"{file}: config key {key!r} has type {declared_type!r}, "
            f"expected one of {', '.join(_TYPE_CHECKS)}"
        )
    return DeclaredKey(
        type=declared_type,
        default=item.get("value", item.get("default")),
        item_type=str((item.get("items") or {}).get("type", "")),
        secret=bool(item.get("secret", False)),
    )


def _is_secure(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _unknown_keys(
    project: Project, settings: StackSettings, packages: Collection[str]
) -> list[str]:
    faults = []
    namespaces = {project.name, _PULUMI_NAMESPACE, *packages}
    for key in settings.values:
        namespace = key.split(":", 1)[0]
        if namespace not in namespaces:
            faults.append(
                f"{settings.file}: {key!r} is in no known namespace, "
                f"expected one of {', '.join(sorted(namespaces))}"
            )
        elif (
            namespace == project.name
            and project.declared is not None
            and key not in project.declared
        ):
            own = sorted(known for known in project.declared if known.startswith(namespace + ":"))
            faults.append(
                f"{settings.file}: {key!r} is not declared in {project.file}, "
                f"expected one of {', '.join(own) or 'none'}"
            )
    return faults


def _missing_keys(project: Project, settings: StackSettings) -> list[str]:
    return [
        f"{settings.file}: {key!r} is missing, expected a value"
        + (f" of type {item.type}" if item.type else "")
        + f" (declared without a default in {project.file})"
        for key, item in (project.declared or {}).items()
        if item.default is None and key not in settings.values
    ]


def _wrong_types(
    file: Path, declared: Mapping[str, DeclaredKey], values: Mapping[str, Any]
) -> list[str]:
    faults = []
    for key, value in values.items():
        item = declared.get(key, DeclaredKey())
        if not _has_type(value, item):
            expected = item.type + (f" of {item.item_type}" if item.item_type else "")
            faults.append(f"{file}: {key!r} is {value!r}, expected a value of type {expected}")
    return faults


def _has_type(value: Any, item: DeclaredKey) -> bool:
    if not item.type:
        return True
    value = _parsed(value) if item.type != "string" else value
    if not _TYPE_CHECKS[item.type](value):
        return False
    if item.type == "array" and item.item_type in _TYPE_CHECKS:
        return all(_TYPE_CHECKS[item.item_type](element) for element in value)
    return True


def _parsed(value: Any) -> Any:
    """Return what a quoted value means: `pulumi config set` writes numbers and truths as text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


_TYPE_CHECKS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _decrypted(
    settings: StackSettings, secure: Mapping[str, Any], passphrase: str
) -> dict[str, str]:
    if not secure:
        return {}
    if not settings.encryption_salt:
        raise ConfigError(
            f"{settings.file}: {', '.join(map(repr, secure))} is encrypted, "
            "but 'encryptionsalt' is missing"
        )
    encryption = Encryption(passphrase, settings.encryption_salt)
    return {key: encryption.decrypt(value["secure"]) for key, value in secure.items()}
