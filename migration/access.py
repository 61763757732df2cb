"""Where an environment's workflows are, and clients to reach them.

Everything is found by its name, which follows the project's convention; no state of the engine
that deployed it is needed. Source: AWS Step Functions Developer Guide, "Resource ARNs".
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from deploy import aws
from deploy.layers import check_environment
from deploy.local import LocalEnvironment
from shared.naming import resource_name

LOCAL = "local"
MIGRATION, ROLLBACK = "migration", "rollback"


@dataclass(frozen=True)
class Access:
    """One environment, reached by boto3 clients that `connect` makes for a service's name."""

    environment: str
    connect: Callable[[str], Any]

    @cached_property
    def states(self) -> Any:
        """The client of Step Functions."""
        return self.connect("stepfunctions")

    @cached_property
    def account_id(self) -> str:
        """The account that the credentials belong to."""
        return str(self.connect("sts").get_caller_identity()["Account"])

    def state_machine_arn(self, purpose: str) -> str:
        """Return the ARN of the state machine ``state-machine-{purpose}-{environment}``."""
        name = resource_name("state-machine", purpose, self.environment)
        meta = self.states.meta
        return (
            f"arn:{meta.partition}:states:{meta.region_name}:{self.account_id}:stateMachine:{name}"
        )


def access(environment: str) -> Access:
    """Return the access to an environment: the laptop cloud's for `local`, else AWS's own.

    Raises UsageError for an environment that is not configured, or a laptop cloud that is off.
    """
    check_environment(environment)
    if environment == LOCAL:
        cloud = aws.running_cloud(LocalEnvironment(environment))
        return Access(environment, lambda service: aws.client(service, cloud))
    return Access(environment, _aws_client)


def _aws_client(service: str) -> Any:
    connect: Any = boto3.client  # the service is known at run time only
    return connect(service, config=Config(retries={"mode": "standard", "max_attempts": 5}))
