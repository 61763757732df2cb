"""Names of what a task leaves in the databases. Pure."""

import hashlib
import re

_READABLE = 40
_PREFIX = "dms_"


def object_name(task_arn: str) -> str:
    """Return the name of a task's publication, subscription and slot.

    Lower-case letters, digits and underscores, as a slot's name must be (PostgreSQL manual,
    "Querying and Manipulating Replication Slots"); with a digest, because a task's identifier may
    be longer than a name.
    """
    identifier = task_arn.rsplit(":", 1)[-1].lower()
    readable = re.sub(r"[^a-z0-9]+", "_", identifier)[:_READABLE]
    digest = hashlib.sha256(task_arn.encode()).hexdigest()[:8]
    return f"{_PREFIX}{readable}_{digest}"


def inserts_name(name: str) -> str:
    """Return the name of the publication of tables without a key, which publishes inserts only."""
    return f"{name}_inserts"
