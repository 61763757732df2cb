"""Carries out a program's registrations: finds the old state, plans, calls the provider, records.

One call of `Registrar.register` is one resource from request to recorded state. Calls run at the
same time in many threads; a program registers a resource only after those it depends on.
"""

import os
import threading
from typing import Any

from deploy.engines.embedded import urns
from deploy.engines.embedded.aliases import alias_urns
from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.goals import goal_of
from deploy.engines.embedded.paths import with_old_values
from deploy.engines.embedded.planning import Difference, Plan, plan
from deploy.engines.embedded.providers import InitializationError, Outcome, ProviderInstance
from deploy.engines.embedded.replacements import DeleteFirst
from deploy.engines.embedded.state import CREATING, UPDATING, ResourceState, timestamp
from deploy.engines.embedded.values import Properties, secret
from deploy.events import Operation


class Registrar:
    """Registers the resources of one run."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._ledger = deployment.ledger
        self._delete_first = DeleteFirst(deployment)
        self._lock = threading.Lock()

    def claim(self, urn: str) -> None:
        """Reserve a URN for this run. Raises OperationError when the program used it already."""
        with self._lock:
            if urn in self._deployment.registered:
                raise OperationError(
                    f"duplicate resource: the program declares two resources with the URN {urn}. "
                    "Give one of them another name"
                )
            self._deployment.registered.add(urn)

    def register(self, request: Any, urn: str) -> ResourceState:
        """Bring one resource to what a RegisterResourceRequest asks for; return its new state.

        Raises OperationError when that fails and StoppedError when the run is stopping.
        """
        deployment = self._deployment
        goal = goal_of(request, urn, deployment.directory, dry_run=deployment.dry_run)
        self.claim(urn)
        old = self._old_state(request, urn)
        if goal.is_provider:
            return self._provider(request, goal, old)
        if not goal.custom:
            return self._component(goal, old)
        return self._custom(request, goal, old)

    def _old_state(self, request: Any, urn: str) -> ResourceState | None:
        old = self._ledger.old(urn)
        if old is not None:
            return old
        deployment = self._deployment
        candidates = alias_urns(
            request, urn, deployment.project, deployment.stack, deployment.aliased
        )
        with self._lock:
            for candidate in candidates:
                old = self._ledger.old(candidate)
                if old is not None and candidate not in deployment.registered:
                    deployment.aliased[urn] = candidate
                    deployment.registered.add(candidate)
                    return old
        return None

    def _provider(
        self, request: Any, goal: ResourceState, old: ResourceState | None
    ) -> ResourceState:
        if request.version:
            goal = goal.with_changes(inputs={**goal.inputs, "version": request.version})
        state, operation = self._deployment.providers.register(goal, old)
        if operation is Operation.REPLACE:
            self._deployment.replaced.add(goal.urn)
        if operation is not Operation.SAME:
            self._ledger.save()
        return state

    def _component(self, goal: ResourceState, old: ResourceState | None) -> ResourceState:
        unchanged = old is not None and old.inputs == goal.inputs
        now = timestamp()
        new = goal.with_changes(
            outputs=dict(old.outputs) if old else {},
            created=old.created if old else now,
            modified=old.modified if old and unchanged else now,
        )
        self._ledger.record(new, replaces=old)
        return new

    def _custom(
        self, request: Any, goal: ResourceState, old: ResourceState | None
    ) -> ResourceState:
        deployment = self._deployment
        reference = deployment.providers.resolve(request.provider, request.type, request.version)
        goal = goal.with_changes(provider=reference)
        provider = deployment.providers.instance(reference)
        if goal.import_id:
            old = self._imported(provider, goal, old)
        seed = os.urandom(32)
        base = self._comparable(goal.urn, old)
        wanted = self._inputs(provider, goal, base, seed)
        difference = Difference()
        if base is not None:
            difference = self._difference(provider, goal, base, wanted)
        elif old is not None and old.urn in deployment.forced:
            forcing = deployment.forced[old.urn]
            difference = Difference(True, forcing, forcing)
        chosen = plan(
            base,
            difference,
            recreate=old is not None and base is None and not old.external,
            delete_before_replace=request.deleteBeforeReplace
            if request.deleteBeforeReplaceDefined
            else None,
        )
        if chosen.operation is Operation.REPLACE:
            wanted = self._inputs(provider, goal, None, seed)
            self._prepare_replacement(goal, base, chosen)
        new = self._carry_out(provider, goal.with_changes(inputs=wanted), old, chosen)
        deployment.reporter.finished(new, chosen.operation, chosen.changed)
        return new

    def _comparable(self, urn: str, old: ResourceState | None) -> ResourceState | None:
        """Return the old state if the resource still exists and is the stack's own."""
        if old is None or old.external or old.pending_replacement:
            return None
        gone = urn in self._deployment.deleted or old.urn in self._deployment.deleted
        return None if gone else old

    def _inputs(
        self,
        provider: ProviderInstance,
        goal: ResourceState,
        base: ResourceState | None,
        seed: bytes,
    ) -> Properties:
        inputs = goal.inputs
        if base is not None:
            inputs = with_old_values(inputs, base.inputs, goal.ignore_changes)
        return provider.check(goal.urn, base, inputs, seed)

    def _difference(
        self,
        provider: ProviderInstance,
        goal: ResourceState,
        base: ResourceState,
        wanted: Properties,
    ) -> Difference:
        deployment = self._deployment
        if base.provider and base.provider != goal.provider:
            same = deployment.aliased.get(urns.provider_urn(goal.provider)) == urns.provider_urn(
                base.provider
            )
            if not same and deployment.providers.replaced(base.provider, goal.provider):
                return Difference(True, ("provider",), ("provider",))
        if deployment.replaced & {*goal.replace_with, goal.deleted_with}:
            return Difference(True, ("replaceWith",), ("replaceWith",))
        found = provider.diff(goal.urn, base, wanted, goal.ignore_changes)
        return found.with_replacements(goal.replace_on_changes)

    def _prepare_replacement(
        self, goal: ResourceState, base: ResourceState | None, chosen: Plan
    ) -> None:
        if base is not None and base.protect:
            raise OperationError(
                f"the resource is protected and cannot be replaced (for {', '.join(chosen.changed)}"
                "). Declare it with protect=False and deploy first"
            )
        self._deployment.replaced.add(goal.urn)
        if base is not None and chosen.delete_first:
            self._delete_first.delete(base)

    def _carry_out(
        self,
        provider: ProviderInstance,
        goal: ResourceState,
        old: ResourceState | None,
        chosen: Plan,
    ) -> ResourceState:
        if chosen.operation is Operation.SAME and old is not None:
            new = goal.with_changes(
                id=old.id, outputs=old.outputs, created=old.created, modified=old.modified
            )
            new = self._with_secret_outputs(new)
            self._ledger.record(new, replaces=old)
            return new
        if chosen.operation is Operation.UPDATE and old is not None:
            return self._update(provider, goal, old, chosen)
        return self._create(provider, goal, old, chosen)

    def _create(
        self,
        provider: ProviderInstance,
        goal: ResourceState,
        old: ResourceState | None,
        chosen: Plan,
    ) -> ResourceState:
        now = timestamp()
        new = goal.with_changes(created=now, modified=now)
        outlived = old is not None and self._comparable(goal.urn, old) is not None
        if self._deployment.dry_run:
            outcome = self._planned(provider, new)
            if provider.known and provider.supports_preview:
                outcome = provider.create(new, preview=True)
            return self._recorded(new, outcome, old, outlived=outlived)
        with self._deployment.carry_out(CREATING, new, chosen.operation, chosen.changed):
            try:
                outcome = provider.create(new)
            except InitializationError as error:
                unready = new.with_changes(init_errors=error.reasons)
                partial = Outcome(error.resource_id, error.outputs, new.inputs)
                self._recorded(unready, partial, old, outlived=outlived)
                raise
            return self._recorded(new, outcome, old, outlived=outlived)

    def _update(
        self, provider: ProviderInstance, goal: ResourceState, old: ResourceState, chosen: Plan
    ) -> ResourceState:
        new = goal.with_changes(
            id=old.id, outputs=old.outputs, created=old.created, modified=timestamp()
        )
        ignored = goal.ignore_changes
        if self._deployment.dry_run:
            outcome = self._planned(provider, new)
            if provider.known and provider.supports_preview:
                outcome = provider.update(old, new, ignored, preview=True)
            return self._recorded(new, outcome, old)
        with self._deployment.carry_out(UPDATING, new, chosen.operation, chosen.changed):
            try:
                outcome = provider.update(old, new, ignored)
            except InitializationError as error:
                unready = new.with_changes(init_errors=error.reasons)
                self._recorded(unready, Outcome(old.id, error.outputs, new.inputs), old)
                raise
            return self._recorded(new, outcome, old)

    def _planned(self, provider: ProviderInstance, new: ResourceState) -> Outcome:
        """Return what is known of a resource that only a deployment will bring about."""
        return Outcome(new.id, dict(new.inputs), new.inputs)

    def _recorded(
        self,
        new: ResourceState,
        outcome: Outcome,
        old: ResourceState | None,
        *,
        outlived: bool = False,
    ) -> ResourceState:
        """Record what a resource has become; an `outlived` old half stays, to be deleted later."""
        new = self._with_secret_outputs(new.with_changes(id=outcome.id, outputs=outcome.outputs))
        previous = self._ledger.old(old.urn) if old is not None else None
        if outlived and previous is not None:
            self._ledger.amend(previous, delete=True)
            previous = None
        self._ledger.record(new, replaces=previous)
        return new

    def _with_secret_outputs(self, new: ResourceState) -> ResourceState:
        marked = {
            key: secret(value) if key in new.additional_secret_outputs else value
            for key, value in new.outputs.items()
        }
        return new.with_changes(outputs=marked)

    def _imported(
        self, provider: ProviderInstance, goal: ResourceState, old: ResourceState | None
    ) -> ResourceState:
        """Return the state of the resource with the id to import, read from the cloud if new."""
        if old is not None and not old.external and goal.import_id in (old.import_id, old.id):
            return old
        if old is not None and not old.external:
            raise OperationError(
                f"cannot import '{goal.import_id}': the stack already has '{old.id}' here"
            )
        outcome = provider.read(goal.urn, goal.import_id, {})
        now = timestamp()
        imported = goal.with_changes(
            id=outcome.id,
            inputs=outcome.inputs,
            outputs=outcome.outputs,
            created=now,
            modified=now,
        )
        self._ledger.restore(imported)
        if old is not None:
            self._ledger.drop(old)
        self._ledger.save()
        return imported
