"""The parameters by which operators and workflows steer a migration while it runs."""

from shared.components.parameter_hierarchy import ParameterHierarchyConfig
from shared.components.versioned_bucket import VersionedBucket
from stacks.migration.functions import WORKFLOW_HIERARCHY
from stacks.migration.settings import MigrationSettings
from stacks.migration.workflow_surroundings import ROLLBACK

_OFF = "false"
_NONE = "none"
"""The Parameter Store keeps no empty values."""


def workflow_parameters(settings: MigrationSettings) -> ParameterHierarchyConfig:
    """Return the thresholds, and what the workflows note: the run, and whether secrets may rotate.

    The data layer has some of the same hierarchy: the limits of the lag, the cutover's deadline.
    """
    flags = {"rotation_paused": _OFF, "run": _NONE}
    return ParameterHierarchyConfig(WORKFLOW_HIERARCHY, settings.thresholds(), flags)


def rollback_parameters(
    reports: VersionedBucket, checkpoints: VersionedBucket
) -> ParameterHierarchyConfig:
    """Return where a rollback finds what it needs, and the flags that ask for one.

    `requested` is set by an operator, with a `reason`; `armed` is set by a migration that is about
    to cut over, and lets the rollback alarm start one.
    """
    places = {"bucket": reports.name, "checkpoints_bucket": checkpoints.name}
    flags = {"requested": _OFF, "reason": _NONE, "armed": _OFF}
    return ParameterHierarchyConfig(ROLLBACK, places, flags)
