"""Every sample; importing the modules registers them."""

from tests.localcloud.provider.samples import (  # noqa: F401  imported for what they register
    compute,
    data,
    edge,
    migration,
    monitoring,
    network,
    storage,
)
from tests.localcloud.provider.samples.registry import SAMPLES, Sample

__all__ = ["SAMPLES", "Sample"]
