"""boto3 clients for an environment: the laptop cloud's for `local`."""

from typing import Any

from deploy.errors import UsageError
from deploy.local import LocalEnvironment
from localcloud.control import CloudInfo


def client(service: str, cloud: CloudInfo) -> Any:
    """Return a boto3 client that talks to the laptop cloud."""
    import boto3  # loads slowly, and most commands never call AWS themselves
    from botocore.config import Config

    connect: Any = boto3.client  # the service is known at run time only
    return connect(
        service,
        endpoint_url=cloud.endpoint_url,
        region_name=cloud.region,
        aws_access_key_id=cloud.access_key_id,
        aws_secret_access_key=cloud.secret_access_key,
        config=Config(retries={"mode": "standard", "max_attempts": 3}),
    )


def running_cloud(environment: LocalEnvironment) -> CloudInfo:
    """Return the laptop cloud that runs. Raises UsageError when none does."""
    info = environment.cloud.info()
    if info is None:
        raise UsageError("the laptop cloud does not run\nnext: invoke deploy-all")
    return info


def required_output(environment: LocalEnvironment, layer: str, name: str) -> Any:
    """Return one output of a deployed layer. Raises UsageError when it isn't there."""
    state = environment.states().get(layer)
    if state is None or name not in state.outputs:
        raise UsageError(f"{layer} is not deployed (no output {name})\nnext: invoke deploy {layer}")
    return state.outputs[name]
