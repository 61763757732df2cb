"""Asks every service once for a list, before anybody waits for its answer.

A service's first call costs up to half a second: a client is built from botocore's model, and at
the other end moto loads the service and makes its routes. What is built then serves all calls.
"""

import contextlib
import gc
import threading

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.provider.clients import Account, Clients

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
    """Begin to call the services in the background; a cloud that is away is not waited for."""
    threading.Thread(
        target=_call_all, args=(clients, region, account), name="warm-up", daemon=True
    ).start()


def _call_all(clients: Clients, region: str, account: Account) -> None:
    with contextlib.suppress(BotoCoreError, ClientError):
        for service, operation in CALLS.items():
            getattr(clients.get(service, region, account), xform_name(operation))()
    # The models stay for good: the collector need not walk them again and again.
    gc.collect()
    gc.freeze()
