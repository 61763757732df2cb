"""All checks, in the order in which they are made and documented."""

from functions.preflight.checks import (
    access,
    activity,
    columns,
    constraints,
    contents,
    definitions,
    drift,
    extensions,
    keys,
    objects,
    roles,
    sequences,
    server,
    tables,
    unreplicated,
    values,
)
from functions.preflight.model import Check

CHECKS: tuple[Check, ...] = (
    *server.CHECKS,
    *activity.CHECKS,
    *roles.CHECKS,
    *keys.CHECKS,
    *tables.CHECKS,
    *unreplicated.CHECKS,
    *columns.CHECKS,
    *values.CHECKS,
    *constraints.CHECKS,
    *sequences.CHECKS,
    *extensions.CHECKS,
    *objects.CHECKS,
    *definitions.CHECKS,
    *access.CHECKS,
    *contents.CHECKS,
    *drift.CHECKS,
)
