"""Deleting: what the program no longer declares, and the old halves of replacements."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.errors import OperationError, StoppedError
from deploy.engines.embedded.state import DELETING, ResourceState
from deploy.events import Operation


def delete_resource(
    deployment: Deployment, resource: ResourceState, *, until_replaced: bool = False
) -> None:
    """Delete one old resource, or plan to in a preview.

    With `until_replaced` it stays in the state, marked, until its new half is created. Raises
    OperationError when it is protected or the provider refuses.
    """
    operation = Operation.REPLACE if resource.delete or until_replaced else Operation.DELETE
    if resource.protect and operation is Operation.DELETE:
        _refuse(deployment, resource)
    if not deployment.dry_run and _exists_in_cloud(deployment, resource):
        provider = deployment.providers.instance(resource.provider)
        with deployment.carry_out(DELETING, resource, operation):
            provider.delete(resource)
            _forget(deployment, resource, until_replaced=until_replaced)
    else:
        _forget(deployment, resource, until_replaced=until_replaced)
        deployment.ledger.save()
    if operation is Operation.DELETE:
        deployment.reporter.finished(resource, operation)
    elif not deployment.dry_run and not until_replaced:
        deployment.reporter.finished(resource, operation, count=False)


def _refuse(deployment: Deployment, resource: ResourceState) -> NoReturn:
    """Report and raise that a protected resource is not deleted."""
    message = (
        "the resource is protected and cannot be deleted. To unprotect it, declare it with "
        "protect=False and deploy, then remove it"
    )
    if not deployment.dry_run:
        deployment.reporter.started(resource, Operation.DELETE)
        deployment.reporter.failed(resource, Operation.DELETE, message)
    raise OperationError(message)


def _exists_in_cloud(deployment: Deployment, resource: ResourceState) -> bool:
    return (
        resource.in_cloud
        and not resource.retain_on_delete
        and not resource.pending_replacement
        and resource.deleted_with not in deployment.deleted
    )


def _forget(deployment: Deployment, resource: ResourceState, *, until_replaced: bool) -> None:
    if until_replaced and not deployment.dry_run:
        deployment.ledger.amend(resource, pending_replacement=True)
    elif not until_replaced:
        deployment.ledger.drop(resource)


def undeclared(deployment: Deployment) -> list[ResourceState]:
    """Return the old resources to delete after the program declared everything it wants."""
    return [
        resource
        for resource in deployment.ledger.old_resources()
        if resource.delete or deployment.ledger.new(resource.urn) is None
    ]


class DeletePhase:
    """Deletes resources in parallel, each after everything that depends on it."""

    def __init__(self, deployment: Deployment, resources: list[ResourceState]) -> None:
        self._deployment = deployment
        self._changed = threading.Condition()
        self._waiting = list(resources)
        self._running: set[ResourceState] = set()
        self._remaining = set(resources)
        self._dependents = {
            resource: [
                other
                for other in resources
                if other is not resource and resource.urn in other.depends_on()
            ]
            for resource in resources
        }
        deployment.deleted.update(item.urn for item in resources if not item.delete)

    def run(self) -> None:
        """Delete until nothing is left, something fails, or the run is stopped.

        Failures are reported, not raised; deletions that run then are waited for.
        """
        with ThreadPoolExecutor(self._deployment.parallel) as pool, self._changed:
            while True:
                if not self._deployment.gate.closed:
                    for resource in self._ready():
                        self._waiting.remove(resource)
                        self._running.add(resource)
                        pool.submit(self._delete, resource)
                if not self._running:
                    return
                self._changed.wait()

    def _ready(self) -> list[ResourceState]:
        return [
            resource
            for resource in self._waiting
            if not any(other in self._remaining for other in self._dependents[resource])
        ]

    def _delete(self, resource: ResourceState) -> None:
        gone = False
        try:
            delete_resource(self._deployment, resource)
            gone = True
        except StoppedError:
            pass
        except Exception as error:
            # Whatever fails must fail the run, not just the thread.
            self._deployment.reporter.error(str(error), resource.urn)
            self._deployment.gate.close()
        finally:
            with self._changed:
                self._running.discard(resource)
                if gone:
                    self._remaining.discard(resource)
                self._changed.notify_all()
