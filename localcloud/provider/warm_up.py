"""Does once, before anybody waits, what the first deployment would have to.

A service's first call costs up to half a second: a client is built from botocore's model, and at
the other end moto loads the service and makes its routes. The first resource of a type has the
calls of its entry matched with that model. What is built then serves all that come later.
"""

import contextlib
import gc
import threading

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.provider.clients import Account, Clients
from localcloud.provider.coverage import carried_inputs
from localcloud.provider.models import available_regions
from localcloud.provider.services import RESOURCE_TYPES

CALLS = {
    "ec2": "DescribeVpcs",
    "sts": "GetCallerIdentity",
    "ssm": "DescribeParameters",
    "kms": "ListAliases",
    "iam": "ListRoles",
    "logs": "DescribeLogGroups",
    "secretsmanager": "ListSecrets",
    "rds": "DescribeDBClusters",
    "s3": "ListBuckets",
    "lambda": "ListFunctions",
    "dms": "DescribeReplicationTasks",
    "stepfunctions": "ListStateMachines",
    "apigateway": "GetRestApis",
    "events": "ListRules",
    "sns": "ListTopics",
    "sqs": "ListQueues",
    "cloudwatch": "DescribeAlarms",
}
"""A call that changes nothing for each service, in the order in which a deployment needs them."""


def start(clients: Clients, region: str, account: Account) -> None:
    """Begin in the background; a cloud that is away is not waited for."""
    threading.Thread(
        target=_warm_up, args=(clients, region, account), name="warm-up", daemon=True
    ).start()


def _warm_up(clients: Clients, region: str, account: Account) -> None:
    available_regions()
    with contextlib.suppress(BotoCoreError, ClientError):
        for service, operation in CALLS.items():
            getattr(clients.get(service, region, account), xform_name(operation))()
    for resource_type in RESOURCE_TYPES.values():
        carried_inputs(resource_type)
    # The models stay for good: the collector need not walk them again and again.
    gc.collect()
    gc.freeze()
