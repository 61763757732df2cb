"""Finishes what an interrupted run left half-done, before anything new begins.

A run announces each operation in the state before it makes the call. If the engine was killed in
between, the provider, a server that lives on, has carried out the call or never got it. So the
next run makes the same call again: the provider recognises a creation by its operation id and
answers what it did the first time, and a deletion of something that is gone succeeds. Then the
state is true again, and ordinary planning decides what the program wants changed.
"""

from concurrent.futures import ThreadPoolExecutor

from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.providers import InitializationError, ProviderGoneError
from deploy.engines.embedded.state import (
    CREATING,
    DELETING,
    UPDATING,
    PendingOperation,
    ResourceState,
)
from deploy.engines.embedded.values import secret


def announce_interrupted(deployment: Deployment) -> None:
    """Tell that an earlier run was interrupted, for a preview, which changes nothing."""
    for operation in deployment.ledger.pending():
        deployment.reporter.diagnostic(
            "warning",
            f"an earlier run was interrupted while {operation.kind} {operation.resource.name}; "
            "the next deployment finishes that first",
            operation.resource.urn,
        )


def finish_interrupted(deployment: Deployment) -> bool:
    """Finish every pending operation of the state. Returns whether the run can go on.

    It cannot when a provider does not answer: then the operations stay pending.
    """
    pending = deployment.ledger.pending()
    if not pending:
        return True
    with ThreadPoolExecutor(deployment.parallel) as pool:
        finished = list(pool.map(lambda operation: _finish(deployment, operation), pending))
    deployment.ledger.save()
    return all(finished)


def _finish(deployment: Deployment, operation: PendingOperation) -> bool:
    resource = operation.resource
    try:
        outcome = _FINISHERS[operation.kind](deployment, resource)
    except ProviderGoneError as error:
        deployment.reporter.error(
            f"cannot finish the interrupted {operation.kind} of {resource.name}: {error}",
            resource.urn,
        )
        return False
    except OperationError as error:
        outcome = f"failed ({error}); it is planned anew"
    deployment.ledger.settle(operation)
    deployment.ledger.save()
    deployment.reporter.diagnostic(
        "warning",
        f"an earlier run was interrupted while {operation.kind} {resource.name}: {outcome}",
        resource.urn,
    )
    return True


def _finish_creating(deployment: Deployment, resource: ResourceState) -> str:
    ledger = deployment.ledger
    if any(r.urn == resource.urn and r.created == resource.created for r in ledger.resources()):
        return "it was finished"
    provider = deployment.providers.instance(resource.provider)
    try:
        outcome = provider.create(resource)
        created = resource.with_changes(id=outcome.id, outputs=outcome.outputs)
        told = "finished now"
    except InitializationError as error:
        created = resource.with_changes(
            id=error.resource_id, outputs=error.outputs, init_errors=error.reasons
        )
        told = f"finished now, but it is not ready: {error}"
    previous = ledger.old(resource.urn)
    if previous is not None and (previous.pending_replacement or not previous.in_cloud):
        ledger.drop(previous)
    elif previous is not None:
        ledger.amend(previous, delete=True)
    outputs = {
        key: secret(value) if key in created.additional_secret_outputs else value
        for key, value in created.outputs.items()
    }
    ledger.restore(created.with_changes(outputs=outputs))
    return told


def _finish_updating(deployment: Deployment, resource: ResourceState) -> str:
    """Mark the resource, so that it is updated again whatever its recorded inputs say."""
    current = deployment.ledger.old(resource.urn)
    if current is not None:
        deployment.ledger.amend(current, init_errors=["an update of it was interrupted"])
    return "it is updated again if it is still wanted"


def _finish_deleting(deployment: Deployment, resource: ResourceState) -> str:
    ledger = deployment.ledger
    recorded = next(
        (r for r in ledger.old_resources() if r.urn == resource.urn and r.id == resource.id), None
    )
    if recorded is None:
        return "it was finished"
    try:
        deployment.providers.instance(recorded.provider).delete(recorded)
    except ProviderGoneError:
        raise
    except OperationError:
        ledger.amend(recorded, init_errors=["a deletion of it was interrupted"])
        raise
    ledger.drop(recorded)
    return "finished now"


_FINISHERS = {
    CREATING: _finish_creating,
    UPDATING: _finish_updating,
    DELETING: _finish_deleting,
}
