"""A sample of a resource type: what to create, and what to change it to."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.provider.wire import Properties
from tests.localcloud.provider.surroundings import Inputs, Surroundings

TAGS = {"Name": "sample", "Layer": "network"}
OTHER_TAGS = {"Name": "renamed", "Environment": "local"}


@dataclass(frozen=True)
class Sample:
    """Inputs of a resource, and those that a change in place puts instead (None: removed)."""

    kind: str
    inputs: Inputs
    changes: Inputs | None = None
    stays_after_deletion: bool = False


SAMPLES: list[Sample] = []


def sample(
    kind: str, inputs: Inputs, changes: Inputs | None = None, *, stays: bool = False
) -> None:
    """Add a sample; importing the modules beside this one fills the list."""
    SAMPLES.append(Sample(kind, inputs, changes, stays))


def changed_tags(_: Surroundings) -> Properties:
    """Return the change of nothing but tags."""
    return {"tags": OTHER_TAGS}
