"""Deleting a resource before its replacement is created, together with what cannot outlive it.

Source of the rules: pulumi/pulumi, pkg/resource/deploy/step_generator.go
(calculateDependentReplacements).
"""

import threading

from deploy.engines.embedded import urns
from deploy.engines.embedded.deletes import delete_resource
from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.state import ResourceState
from deploy.engines.embedded.values import UNKNOWN


class DeleteFirst:
    """Deletes old halves ahead of replacements, one chain at a time.

    Two chains may share dependents, so the second must see what the first one has deleted.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._lock = threading.Lock()

    def delete(self, old: ResourceState) -> None:
        """Delete `old` and the old resources that have to be replaced with it, dependents first.

        Raises OperationError when one of them is protected.
        """
        with self._lock:
            chain = [old, *self._dependents(old)]
            protected = next((item.urn for item in chain if item.protect), None)
            if protected:
                raise OperationError(
                    f"{old.urn} must be deleted before it is replaced, but {protected} "
                    "is protected. Declare it with protect=False and deploy first"
                )
            self._deployment.deleted.update(item.urn for item in chain)
            for item in reversed(chain):
                if not item.pending_replacement:
                    delete_resource(self._deployment, item, until_replaced=True)

    def _dependents(self, root: ResourceState) -> list[ResourceState]:
        """Return the old resources that must be replaced when `root` is deleted, roots first."""
        gone = {root.urn}
        found: list[ResourceState] = []
        for resource in self._deployment.ledger.old_resources():
            if not self._may_depend(resource, gone):
                continue
            forcing = self._forcing(resource, gone)
            if forcing is not None:
                gone.add(resource.urn)
                found.append(resource)
                self._deployment.forced[resource.urn] = forcing
        return found

    def _may_depend(self, resource: ResourceState, gone: set[str]) -> bool:
        return (
            resource.in_cloud
            and not resource.delete
            and resource.urn not in self._deployment.registered
            and bool(resource.depends_on() & gone)
        )

    def _forcing(self, resource: ResourceState, gone: set[str]) -> tuple[str, ...] | None:
        """Return the properties that force a replacement when something is gone, None for none.

        No property does where it is tied to what is gone: by its provider, by `deleted_with` or by
        `replace_with`. Otherwise one that came from there and that no update can change does: its
        provider is asked, with the input unknown.
        """
        tied = {
            urns.provider_urn(resource.provider),
            resource.deleted_with,
            *resource.replace_with,
        }
        if tied & gone:
            return ()
        lost = {key for key, used in resource.property_dependencies.items() if gone & set(used)}
        if not lost:
            return None
        provider = self._deployment.providers.instance(resource.provider)
        inputs = {key: UNKNOWN if key in lost else v for key, v in resource.inputs.items()}
        difference = provider.diff(resource.urn, resource, inputs, resource.ignore_changes)
        return difference.with_replacements(resource.replace_on_changes).replacing or None
