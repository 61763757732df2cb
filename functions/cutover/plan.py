"""Everything that can be read and worked out before the fence, so that the window is short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.cutover import catalogue, control_schema, marks, passages, sequences
from functions.cutover.catalogue import Catalogue
from functions.cutover.errors import UnusableInputError
from functions.cutover.privileges import Privilege, saving
from functions.cutover.sequences import Definition, Position
from functions.cutover.session import Session, qualified
from functions.cutover.thresholds import Thresholds
from functions.runtime.route import Side

_SENTINEL = "SELECT value FROM {sentinel} WHERE id = 1"
_DEADLOCK_TIMEOUT = "SELECT setting::int FROM pg_settings WHERE name = 'deadlock_timeout'"
_OF_DEADLOCK_TIMEOUT = 0.8


@dataclass(frozen=True)
class Plan:
    """What moving the traffic from one side to the other takes.

    `leaving` is the catalogue of the side that has the traffic, `entering` that of the other one,
    and `grants` what to grant there. `sentinel` is the value that the other side shows, `marked`
    tells whether there are marks to compare with.
    """

    leaving: Catalogue
    entering: Catalogue
    grants: tuple[Privilege, ...]
    sequences: Mapping[str, Definition]
    standing: Mapping[str, Position]
    sequences_statement: str | None
    sentinel: int
    lock_seconds: float
    marked: bool


def make(
    sessions: Mapping[Side, Session], leave: Side, enter: Side, schema: str, thresholds: Thresholds
) -> Plan:
    """Read both sides, note what will be taken, and clear the way for the fence's locks.

    Raises UnusableInputError for a set-up in which a cutover would fail or leak, and for tables
    that are not the ones that were compared; DatabaseError.
    """
    marked = marks.require_same_files(sessions[leave], leave, schema)
    leaving = catalogue.read(sessions[leave], schema)
    entering = catalogue.read(sessions[enter], schema)
    passages.require_none(sessions[leave], leave, leaving, leaving.privileges)
    grants = privileges_to_grant(leaving, entering, catalogue.saved_privileges(sessions[enter]))
    passages.require_none(sessions[enter], enter, entering, grants)
    _require_objects(enter, entering, grants)
    _require_roles(sessions, leave, enter, schema, grants)
    defined, standing = _sequences(sessions, leave, enter, schema, thresholds.sequence_margin)
    plan = Plan(
        leaving=leaving,
        entering=entering,
        grants=grants,
        sequences=defined,
        standing=standing,
        sequences_statement=sequences.reading(schema, list(defined)),
        sentinel=_sentinel(sessions[enter], schema),
        lock_seconds=_lock_seconds(sessions[leave], thresholds),
        marked=marked,
    )
    sessions[leave].run(saving(leaving.privileges))
    return plan


def privileges_to_grant(
    leaving: Catalogue, entering: Catalogue, own: Sequence[Privilege]
) -> tuple[Privilege, ...]:
    """Return what to grant on the side that is entered: what the other one has.

    A partition that only one side has is none of the other's business: tables may be partitioned
    differently. What only the entered side has gets back what was taken from it (`own`).
    """
    known = entering.relations
    taken_over = (
        each
        for each in leaving.privileges
        if each.name in known or not leaving.relations[each.name].is_partition
    )
    own_only = (each for each in own if each.name not in leaving.relations and each.name in known)
    return tuple(
        each
        for each in (*taken_over, *own_only)
        if each.name not in known or each.grantee != known[each.name].owner
    )


def _require_objects(side: Side, entering: Catalogue, grants: Sequence[Privilege]) -> None:
    known = entering.relations
    problems: set[str] = set()
    for each in grants:
        if each.name not in known or known[each.name].kind is not each.kind:
            problems.add(f"{each.kind} {each.schema}.{each.name} is missing")
        elif each.column is not None and each.column not in known[each.name].columns:
            problems.add(f"column {each.schema}.{each.name}.{each.column} is missing")
    _refuse(side, problems)


def _require_roles(
    sessions: Mapping[Side, Session],
    leave: Side,
    enter: Side,
    schema: str,
    grants: Sequence[Privilege],
) -> None:
    """Require the roles, and that those who may use the schema on one side may on the other."""
    missing = passages.missing_roles(sessions[enter], grants)
    _refuse(enter, {f"role {role} is missing" for role in missing})
    used, usable = (
        passages.may_use_schema(sessions[side], schema, grants) for side in (leave, enter)
    )
    _refuse(
        enter, {f"GRANT USAGE ON SCHEMA {schema} TO {role} is missing" for role in used - usable}
    )


def _refuse(side: Side, problems: set[str]) -> None:
    if problems:
        raise UnusableInputError(f"the {side} cannot be opened: {'; '.join(sorted(problems))}")


def _sequences(
    sessions: Mapping[Side, Session], leave: Side, enter: Side, schema: str, margin: int
) -> tuple[Mapping[str, Definition], Mapping[str, Position]]:
    """Return the sequences to advance as the entered side has them, and where they stand there."""
    left = sequences.definitions(sessions[leave], schema)
    entered = sequences.definitions(sessions[enter], schema)
    sequences.require_alike(left, entered)
    common = {name: entered[name] for name in left}
    statement = sequences.reading(schema, list(common))
    standing = sequences.positions(sessions[enter], statement)
    for name, position in sequences.positions(sessions[leave], statement).items():
        sequences.advance(common[name], position, standing[name], margin)  # raises what would fail
    return common, standing


def _sentinel(session: Session, schema: str) -> int:
    rows = session.run(_SENTINEL.format(sentinel=qualified(schema, control_schema.SENTINEL)))
    return int(rows[0][0]) if rows else 0


def _lock_seconds(session: Session, thresholds: Thresholds) -> float:
    """Return for how long to wait for locks: less than it takes a server to look for deadlocks.

    A fence that has some locks and waits for others can be one half of a deadlock. It has to be
    the half that gives way, before the server ends the application's transaction.
    """
    ((milliseconds,),) = session.run(_DEADLOCK_TIMEOUT)
    wanted = thresholds.fence_lock_timeout_milliseconds / 1000
    return min(wanted, int(milliseconds) / 1000 * _OF_DEADLOCK_TIMEOUT)
