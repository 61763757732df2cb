"""Reading what a stack does not own: resources by id (`.get()`) and outputs of other stacks."""

from typing import Any

from deploy.engines.embedded import urns
from deploy.engines.embedded.backend import ORGANIZATION
from deploy.engines.embedded.deployment import Deployment
from deploy.engines.embedded.errors import OperationError
from deploy.engines.embedded.goals import properties_from_program
from deploy.engines.embedded.provider_registry import BUILTIN
from deploy.engines.embedded.providers import Outcome
from deploy.engines.embedded.state import ResourceState, timestamp
from deploy.engines.embedded.values import UNKNOWN, Properties, contains_secret, secret
from deploy.events import Operation


def read_resource(deployment: Deployment, request: Any, urn: str) -> ResourceState:
    """Read what a ReadResourceRequest asks for and record it as external to the stack.

    Raises OperationError when it does not exist.
    """
    if request.packageRef:
        raise OperationError("parameterized packages are not supported by the embedded engine")
    inputs = properties_from_program(request.properties, deployment.directory)
    reference = deployment.providers.resolve(request.provider, request.type, request.version)
    goal = ResourceState(
        urn=urn,
        type=request.type,
        inputs=inputs,
        parent=request.parent,
        external=True,
        provider=reference,
        dependencies=sorted(request.dependencies),
        additional_secret_outputs=list(request.additionalSecretOutputs),
    )
    if request.id == UNKNOWN:
        return goal.with_changes(outputs=dict.fromkeys(inputs, UNKNOWN))
    outcome = _outcome(deployment, goal, request.id)
    old = deployment.ledger.old(urn)
    now = timestamp()
    state = goal.with_changes(
        id=outcome.id,
        outputs={
            key: secret(value) if key in goal.additional_secret_outputs else value
            for key, value in outcome.outputs.items()
        },
        created=old.created if old else now,
        modified=old.modified if old else now,
    )
    if old is not None and not old.external:
        deployment.ledger.amend(old, delete=True)
        old = None
    deployment.ledger.record(state, replaces=old)
    deployment.reporter.finished(state, Operation.READ)
    return state


def _outcome(deployment: Deployment, goal: ResourceState, resource_id: str) -> Outcome:
    if urns.package(goal.type) != BUILTIN:
        provider = deployment.providers.instance(goal.provider)
        return provider.read(goal.urn, resource_id, goal.inputs)
    if goal.type != urns.STACK_REFERENCE_TYPE:
        raise OperationError(f"the embedded engine does not know the resource type {goal.type}")
    outputs = referenced_outputs(deployment, str(goal.inputs["name"]))
    return Outcome(resource_id, outputs, goal.inputs)


def referenced_outputs(deployment: Deployment, name: str) -> Properties:
    """Return the properties of a stack reference: another stack's outputs and which are secret.

    `name` is `organization/<project>/<stack>`, or just a stack of the same project. Raises
    OperationError when there is no such stack.
    """
    parts = name.split("/")
    stack, project = parts[-1], parts[-2] if len(parts) > 1 else deployment.project
    known_form = len(parts) < 3 or (len(parts) == 3 and parts[0] == ORGANIZATION)
    if not known_form or not deployment.backend.exists(project, stack):
        raise OperationError(
            f"the referenced stack '{name}' does not exist (no state at "
            f"{deployment.backend.state_file(project, stack)}): deploy it first"
        )
    loaded = deployment.backend.load(project, stack, deployment.passphrase)
    root = loaded.checkpoint.stack_resource
    outputs = root.outputs if root else {}
    return {
        "name": name,
        "outputs": outputs,
        "secretOutputNames": sorted(key for key in outputs if contains_secret(outputs[key])),
    }
