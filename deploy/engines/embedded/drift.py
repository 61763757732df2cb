"""Drift: every resource of a state, read from the cloud and held against what is recorded.

As `pulumi refresh --preview-only` does it: the provider reads the resource, properties under
`ignore_changes` are taken as recorded, and the provider's own diff between the live inputs and the
recorded ones says which properties differ. What the program never declared is no input, and so
never counts. Source: pulumi/pulumi, pkg/resource/deploy/step.go, RefreshStep.
"""

from concurrent.futures import ThreadPoolExecutor

from deploy.engines.drift import ResourceDrift, property_drifts
from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.errors import OperationError, StoppedError
from deploy.engines.embedded.paths import parse, with_old_values
from deploy.engines.embedded.providers import Outcome
from deploy.engines.embedded.state import ResourceState
from deploy.engines.embedded.values import contains_secret, simplify
from deploy.events import Operation


def find_drift(deployment: Deployment) -> tuple[ResourceDrift, ...]:
    """Return the resources that are not as recorded, in the order of the state.

    Resources that cannot be read are reported as errors of the run; the others are looked at all
    the same. Nothing is begun after a cancellation.
    """
    resources = [item for item in deployment.ledger.resources() if _exists(item)]
    with ThreadPoolExecutor(deployment.parallel) as pool:
        found = list(pool.map(lambda item: _look_at(deployment, item), resources))
    return tuple(drift for drift in found if drift is not None)


def _exists(resource: ResourceState) -> bool:
    """Return whether the cloud should have it: not the deleted half of a replacement."""
    return resource.in_cloud and not resource.pending_replacement and not resource.delete


def _look_at(deployment: Deployment, resource: ResourceState) -> ResourceDrift | None:
    try:
        with deployment.gate.operation():
            drift = _drift_of(deployment, resource)
    except StoppedError:
        return None
    except OperationError as error:
        deployment.reporter.failed(resource, Operation.READ, str(error))
        deployment.reporter.error(str(error), resource.urn)
        return None
    deployment.reporter.finished(resource, Operation.READ)
    return drift


def _drift_of(deployment: Deployment, resource: ResourceState) -> ResourceDrift | None:
    provider = deployment.providers.instance(resource.provider)
    live = provider.refresh(resource)
    if live is None:
        return ResourceDrift(resource.urn, resource.type, resource.name, True, ())
    seen = _as_seen(resource, live)
    difference = provider.diff(resource.urn, seen, resource.inputs, resource.ignore_changes)
    if not difference.changed:
        return None
    recorded, actual = simplify(resource.inputs), simplify(seen.inputs)
    # A provider may say that there is a difference and not where.
    names = {str(parse(path)[0]) for path in difference.properties} or {
        name for name in {*recorded, *actual} if recorded.get(name) != actual.get(name)
    }
    secret_names = frozenset(name for name in names if contains_secret(resource.inputs.get(name)))
    properties = property_drifts(recorded, actual, names, secret_names)
    return ResourceDrift(resource.urn, resource.type, resource.name, False, properties)


def _as_seen(resource: ResourceState, live: Outcome) -> ResourceState:
    """Return the resource as the cloud has it, except where differences are to be ignored."""
    inputs = with_old_values(live.inputs, resource.inputs, resource.ignore_changes)
    return resource.with_changes(inputs=inputs, outputs=live.outputs)
