"""Whether the source's schema is still the one that was looked at before the load.

DMS and the laptop's replication carry rows; a changed definition has to be made on both sides, and
nobody has checked what it does to the replication.
"""

from collections.abc import Iterator

from functions.preflight.catalogue import read_catalogue
from functions.preflight.fingerprint import drift, fingerprint, parse
from functions.preflight.model import (
    BOTH_PHASES,
    ON_SOURCE,
    Check,
    Facts,
    Probe,
    Problem,
    Rows,
    Severity,
)
from functions.runtime.route import Side

_AGAIN = (
    "make the same change on the target if it needs it, and start a preflight before_load, whose"
    " hash is the new one"
)


def read(probe: Probe) -> Rows:
    """Return one row for every object of the schema."""
    return [(each,) for each in read_catalogue(probe)]


def _drift(facts: Facts) -> Iterator[tuple[Side, Problem]]:
    given = facts.situation.catalogue_hash
    if given is None:
        return
    before, now = parse(given), fingerprint(row[0] for row in facts.source)
    if before.digest == now.digest:
        return
    found = drift(before, now)
    if found is None:
        yield Side.SOURCE, Problem("schema", f"Its definitions have changed since: {_AGAIN}.")
        return
    for verb, names in (
        ("was added", found.added),
        ("was removed", found.removed),
        ("was changed", found.changed),
    ):
        for name in names:
            yield Side.SOURCE, Problem(name, f"It {verb} since the given hash: {_AGAIN}.")


CHECKS = (
    Check(
        "drift",
        Severity.BLOCKING,
        BOTH_PHASES,
        ON_SOURCE,
        read,
        _drift,
        finds="objects of the schema that differ from the given `catalogue_hash`",
        matters="definitions are not replicated, so the two sides grow apart",
        remedy="make the change on both sides and begin with a new hash",
    ),
)
