"""What the workflows of this layer have in common."""

from dataclasses import dataclass

from shared.components.versioned_bucket import VersionedBucket
from shared.contracts import DataOutputs, NetworkOutputs
from stacks.migration.settings import MigrationSettings


@dataclass(frozen=True)
class WorkflowInputs:
    """Configuration, the layers below, the bucket, and the `source` of the workflows' events."""

    settings: MigrationSettings
    network: NetworkOutputs
    data: DataOutputs
    checkpoints: VersionedBucket
    event_source: str
