"""What the workflows of this layer have in common."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from shared.components.account import Account
from shared.components.policies import Statement, allow
from shared.components.versioned_bucket import VersionedBucket
from shared.contracts import DataOutputs, NetworkOutputs
from stacks.migration.settings import MigrationSettings

SCHEMA = "payments"
"""The schema that is migrated; `table_mappings.json` selects the same."""


@dataclass(frozen=True)
class WorkflowInputs:
    """Configuration, the layers below, the bucket, and the `source` of the workflows' events."""

    settings: MigrationSettings
    network: NetworkOutputs
    data: DataOutputs
    checkpoints: VersionedBucket
    event_source: str


def both_databases(inputs: WorkflowInputs) -> Mapping[str, pulumi.Input[str]]:
    """Return the environment of a function that logs in to both clusters as their master users."""
    data = inputs.data
    return {
        "SOURCE_HOST": data.source_endpoint,
        "SOURCE_PORT": data.source_port.apply(str),
        "TARGET_HOST": data.target_endpoint,
        "TARGET_PORT": data.target_port.apply(str),
        "DATABASE_NAME": data.database_name,
        "SOURCE_SECRET_ARN": data.source_secret_arn,
        "TARGET_SECRET_ARN": data.target_secret_arn,
        "CERTIFICATE_AUTHORITY_SECRET_ARN": data.certificate_authority_secret_arn,
    }


def read_logins(inputs: WorkflowInputs) -> Statement:
    """Return the right to read both master users' secrets, and what verifies the servers."""
    data = inputs.data
    return allow(
        ["secretsmanager:GetSecretValue"],
        [data.source_secret_arn, data.target_secret_arn, data.certificate_authority_secret_arn],
    )


def put_events(account: Account, inputs: WorkflowInputs) -> Statement:
    """Return the right to put events with the layer's own source on the default bus."""
    return allow(
        ["events:PutEvents"],
        [account.arn("events", "event-bus/default")],
        condition={"StringEquals": {"events:source": inputs.event_source}},
    )
