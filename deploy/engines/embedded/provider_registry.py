"""The providers of a run: the default ones, those that the program makes, and those of old state.

A provider is referred to as `<urn>::<id>`, and its settings are recorded in the state as a
resource of type `pulumi:providers:<package>`, so that a later run can still delete with them.
"""

import threading
import uuid
from collections.abc import Callable, Mapping

from deploy.engines.embedded import urns
from deploy.engines.embedded.assets import AssetPaths
from deploy.engines.embedded.config import Config
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.ledger import Ledger
from deploy.engines.embedded.planning import Difference
from deploy.engines.embedded.providers import ProviderInstance, settings_of
from deploy.engines.embedded.state import ResourceState, timestamp
from deploy.engines.embedded.values import (
    UNKNOWN,
    Properties,
    secret,
    simplify,
)
from deploy.events import Operation

BUILTIN = "pulumi"
"""The package of stack references, which the engine serves itself."""

_UNSUPPORTED = {"pulumi-python": "dynamic providers", "pulumi-nodejs": "dynamic providers"}


class ProviderRegistry:
    """Makes, configures and finds provider instances. Thread-safe; close it after the run.

    `addresses` maps a package to the `host:port` of its gRPC server.
    """

    def __init__(
        self,
        addresses: Mapping[str, str],
        ledger: Ledger,
        config: Config,
        asset_paths: AssetPaths,
        make_urn: Callable[[str, str, str], str],
        *,
        dry_run: bool,
    ) -> None:
        self._addresses = addresses
        self._ledger = ledger
        self._config = config
        self._asset_paths = asset_paths
        self._make_urn = make_urn
        self._dry_run = dry_run
        self._lock = threading.RLock()
        self._instances: dict[str, ProviderInstance] = {}
        self._connections: list[ProviderInstance] = []
        self._defaults: dict[tuple[str, str], str] = {}

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for instance in self._connections:
                instance.close()

    def resolve(self, reference: str, token: str, version: str) -> str:
        """Return the reference to use for a resource type or function.

        Without an explicit one that is the default provider of the package, registered on first
        use with the package's configuration. Raises OperationError for an unknown package.
        """
        if reference:
            return reference
        package = urns.package(token)
        key = (package, "" if package == BUILTIN else version)
        with self._lock:
            if key not in self._defaults:
                self._defaults[key] = self._register_default(*key)
            return self._defaults[key]

    def instance(self, reference: str) -> ProviderInstance:
        """Return the instance behind a reference, from old state if this run did not make it."""
        with self._lock:
            if reference not in self._instances:
                urn, resource_id = reference.rsplit("::", 1)
                recorded = self._recorded(urn, resource_id)
                if recorded is None:
                    raise OperationError(f"the state has no provider {reference}")
                instance = self._connect(urns.package(urns.resource_type(urn)))
                self._start(instance, recorded)
            return self._instances[reference]

    def register(
        self, goal: ResourceState, old: ResourceState | None
    ) -> tuple[ResourceState, Operation]:
        """Record and start a provider that a program made, or a default one.

        `goal` has the settings as inputs. Returns the recorded state and what was done; on
        `REPLACE` the resources of the old one have to move.
        """
        instance = self._connect(urns.package(goal.type))
        old_settings = settings_of(old.inputs) if old else {}
        settings = instance.check_config(goal.urn, old_settings, goal.inputs)
        operation = self._operation(instance, goal.urn, old, settings)
        keeps_id = old is not None and operation is not Operation.REPLACE
        state = self._recordable(goal, settings).with_changes(
            id=old.id if old and keeps_id else self._new_id(),
            created=old.created if old and keeps_id else timestamp(),
            modified=old.modified if old and operation is Operation.SAME else timestamp(),
        )
        self._start(instance, state)
        if old is not None and operation is Operation.REPLACE:
            self._ledger.amend(old, delete=True)
            old = None
        self._ledger.record(state, replaces=old)
        return state, operation

    def replaced(self, old_reference: str, new_reference: str) -> bool:
        """Return whether moving a resource from one provider to the other means replacing it."""
        old = self._recorded(*old_reference.rsplit("::", 1))
        new = self._ledger.new(urns.provider_urn(new_reference))
        if old is None or new is None or simplify(old.inputs) == simplify(new.inputs):
            return False
        instance = self.instance(new_reference)
        difference = instance.diff_config(
            new.urn, new.id, settings_of(old.inputs), settings_of(new.inputs)
        )
        return bool(difference.replacing)

    def _register_default(self, package: str, version: str) -> str:
        name = f"default_{version.replace('.', '_')}" if version else "default"
        provider_type = urns.PROVIDER_TYPE_PREFIX + package
        urn = self._make_urn("", provider_type, name)
        old = self._ledger.old(urn)
        if package == BUILTIN:
            state = self._builtin(urn, provider_type, old)
            self._ledger.record(state, replaces=old)
            return f"{urn}::{state.id or UNKNOWN}"
        settings: Properties = {
            key: secret(value) if f"{package}:{key}" in self._config.secret_keys else value
            for key, value in self._config.of_package(package).items()
        }
        if version:
            settings["version"] = version
        goal = ResourceState(urn=urn, type=provider_type, inputs=settings)
        state, _ = self.register(goal, old)
        return f"{urn}::{state.id or UNKNOWN}"

    def _builtin(self, urn: str, provider_type: str, old: ResourceState | None) -> ResourceState:
        now = timestamp()
        return ResourceState(
            urn=urn,
            type=provider_type,
            id=old.id if old else self._new_id(),
            created=old.created if old else now,
            modified=old.modified if old else now,
        )

    def _operation(
        self,
        instance: ProviderInstance,
        urn: str,
        old: ResourceState | None,
        settings: Properties,
    ) -> Operation:
        if old is None:
            return Operation.CREATE
        before = settings_of(old.inputs)
        if simplify(before) == simplify(settings):
            return Operation.SAME
        difference: Difference = instance.diff_config(urn, old.id, before, settings)
        if difference.replacing:
            return Operation.REPLACE
        return Operation.UPDATE if difference.changed else Operation.SAME

    def _recordable(self, goal: ResourceState, settings: Properties) -> ResourceState:
        outputs = {
            key: secret(value) if key in goal.additional_secret_outputs else value
            for key, value in settings.items()
        }
        # Where the CLI keeps what it notes of a versioned provider's plugin: of an attached one,
        # nothing.
        noted: Properties = {"__internal": {}} if "version" in settings else {}
        return goal.with_changes(inputs={**noted, **settings}, outputs=outputs)

    def _recorded(self, urn: str, resource_id: str) -> ResourceState | None:
        return next(
            (r for r in self._ledger.resources() if r.urn == urn and r.id == resource_id), None
        )

    def _new_id(self) -> str:
        return "" if self._dry_run else str(uuid.uuid4())

    def _connect(self, package: str) -> ProviderInstance:
        if package in _UNSUPPORTED:
            raise OperationError(
                f"{_UNSUPPORTED[package]} are not supported by the embedded engine"
            )
        if package not in self._addresses:
            known = ", ".join(sorted(self._addresses)) or "none"
            raise OperationError(
                f"there is no provider for package {package!r}: the embedded engine was given "
                f"providers for {known}"
            )
        instance = ProviderInstance(package, self._addresses[package], self._asset_paths)
        with self._lock:
            self._connections.append(instance)
        return instance

    def _start(self, instance: ProviderInstance, state: ResourceState) -> None:
        instance.configure(state.urn, state.id or UNKNOWN, settings_of(state.inputs))
        with self._lock:
            self._instances[f"{state.urn}::{state.id or UNKNOWN}"] = instance
