"""Set-ups in which a cutover would leak, or fail, are refused before the fence: real servers."""

import contextlib
from collections.abc import Iterator
from uuid import uuid4

import pytest

from functions.cutover.errors import UnusableInputError
from functions.runtime.route import Side
from tests.functions.cutover.pair import Pair, fresh_pair
from tests.functions.data_validation.replication import ReplicatingClusters

pytestmark = pytest.mark.postgres

SOURCE, TARGET = Side.SOURCE, Side.TARGET


@pytest.fixture(scope="module")
def role(replicating: ReplicatingClusters) -> Iterator[str]:
    """Create a role that may log in on both clusters; it is dropped after the databases."""
    name = f"role_{uuid4().hex[:12]}"
    for side in Side:
        replicating.query(side.value, f"CREATE ROLE {name} LOGIN")
    yield name
    for side in Side:
        replicating.query(side.value, f"DROP ROLE {name}")


@pytest.fixture(scope="module")
def idle(role: str, replicating: ReplicatingClusters, aws_endpoint: str) -> Iterator[Pair]:
    """Yield a prepared pair without replication, which tests leave as they found it."""
    with fresh_pair(replicating, aws_endpoint) as pair:
        pair.actions().prepare("first")
        yield pair


@contextlib.contextmanager
def so(pair: Pair, side: Side, *statements: str, undo: str) -> Iterator[None]:
    """Change something on a side, and undo it."""
    try:
        for statement in statements:
            pair.query(side, statement)
        yield
    finally:
        pair.query(side, undo)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("group", ["payments_owner", "pg_write_all_data"])
def test_a_login_that_could_write_past_the_fence_is_refused(
    idle: Pair, role: str, side: Side, group: str
) -> None:
    with so(idle, side, f"GRANT {group} TO {role}", undo=f"REVOKE {group} FROM {role}"):
        for call in (lambda: idle.actions().prepare("again"), lambda: idle.cutover(TARGET)):
            with pytest.raises(UnusableInputError) as caught:
                call()
            assert f"{side}: {role} can log in and act as {group}" in str(caught.value)
    idle.actions().prepare("again")


def test_an_owner_that_the_function_is_no_member_of_is_refused(idle: Pair, role: str) -> None:
    with (
        so(
            idle,
            SOURCE,
            f"GRANT {role} TO master",
            f"GRANT CREATE ON SCHEMA payments TO {role}",
            "CREATE VIEW payments.odd AS SELECT 1 AS one",
            f"ALTER VIEW payments.odd OWNER TO {role}",
            f"REVOKE {role} FROM master",
            undo=f"GRANT {role} TO master",
        ),
        pytest.raises(UnusableInputError, match=f"master cannot become {role}"),
    ):
        idle.actions().prepare("again")
    idle.query(SOURCE, "DROP VIEW payments.odd")
    idle.query(SOURCE, f"REVOKE CREATE ON SCHEMA payments FROM {role}")
    idle.query(SOURCE, f"REVOKE {role} FROM master")


def test_a_view_of_another_schema_is_refused_when_others_write_through_it(
    idle: Pair, role: str
) -> None:
    with so(
        idle,
        SOURCE,
        "CREATE SCHEMA shop",
        "CREATE VIEW shop.refunds AS SELECT * FROM payments.refunds",
        "GRANT CREATE ON SCHEMA shop TO payments_owner",
        "ALTER VIEW shop.refunds OWNER TO payments_owner",
        undo="DROP SCHEMA shop CASCADE",
    ):
        idle.actions().prepare("only the owner writes")
        idle.query(SOURCE, f"GRANT INSERT ON shop.refunds TO {role}")
        with pytest.raises(UnusableInputError, match=r"view shop\.refunds of another schema"):
            idle.actions().prepare("somebody writes")


def test_a_grantor_that_the_function_cannot_become_is_refused(idle: Pair, role: str) -> None:
    with (
        so(
            idle,
            SOURCE,
            f"GRANT USAGE ON SCHEMA payments TO {role}",
            f"GRANT SELECT ON payments.refunds TO {role} WITH GRANT OPTION",
            f"GRANT {role} TO master",
            f"SET ROLE {role}; GRANT SELECT ON payments.refunds TO PUBLIC; RESET ROLE",
            f"REVOKE {role} FROM master",
            undo=f"SET ROLE payments_owner; REVOKE SELECT ON payments.refunds FROM {role} CASCADE",
        ),
        pytest.raises(UnusableInputError, match=f"master cannot become {role}"),
    ):
        idle.cutover(TARGET)


@pytest.mark.parametrize(
    ("create", "drop", "problem"),
    [
        (
            "CREATE TABLE payments.extra (id int PRIMARY KEY)",
            "DROP TABLE payments.extra",
            r"table payments\.extra is missing",
        ),
        ("CREATE SEQUENCE payments.extra", "DROP SEQUENCE payments.extra", "sequence extra is mis"),
        (
            "ALTER TABLE payments.refunds ADD extra int;"
            " GRANT SELECT (extra) ON payments.refunds TO payments_writer",
            "ALTER TABLE payments.refunds DROP extra",
            r"column payments\.refunds\.extra is missing",
        ),
    ],
)
def test_a_side_that_lacks_something_is_refused_before_the_fence(
    idle: Pair, create: str, drop: str, problem: str
) -> None:
    rows = idle.rows()
    with so(idle, SOURCE, create, undo=drop):
        if "TABLE payments.extra" in create:
            idle.query(SOURCE, "GRANT SELECT ON payments.extra TO payments_writer")
        with pytest.raises(UnusableInputError, match=problem):
            idle.cutover(TARGET)
    assert idle.rows() == rows


def test_a_side_that_lacks_a_role_is_refused(idle: Pair, role: str) -> None:
    with (
        so(
            idle,
            SOURCE,
            "CREATE ROLE only_here",
            "GRANT SELECT ON payments.refunds TO only_here",
            undo="REVOKE ALL ON payments.refunds FROM only_here; DROP ROLE only_here",
        ),
        pytest.raises(UnusableInputError, match="role only_here is missing"),
    ):
        idle.cutover(TARGET)


def test_a_side_whose_schema_a_role_may_not_use_is_refused(idle: Pair, role: str) -> None:
    with (
        so(
            idle,
            SOURCE,
            f"GRANT USAGE ON SCHEMA payments TO {role}",
            f"GRANT SELECT ON payments.refunds TO {role}",
            undo=f"REVOKE SELECT ON payments.refunds FROM {role};"
            f" REVOKE USAGE ON SCHEMA payments FROM {role}",
        ),
        pytest.raises(
            UnusableInputError, match=f"GRANT USAGE ON SCHEMA payments TO {role} is missing"
        ),
    ):
        idle.cutover(TARGET)


def test_an_invocation_without_enough_time_is_refused(idle: Pair) -> None:
    with pytest.raises(UnusableInputError, match="raise the function's time-out"):
        idle.actions().cutover(TARGET, "hasty", 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cutover_deadline_seconds", "soon"),
        ("cutover_deadline_seconds", "nan"),
        ("cutover_deadline_seconds", "31"),
        ("fence_attempts", "0"),
        ("fence_attempts", "1.5"),
        ("sequence_margin", "-1"),
    ],
)
def test_a_threshold_that_is_no_number_in_its_range_is_refused(
    idle: Pair, name: str, value: str
) -> None:
    idle.put(f"{idle.workflow_path}/{name}", value)
    try:
        with pytest.raises(UnusableInputError, match=f"{name} is not a number from"):
            idle.cutover(TARGET)
    finally:
        idle.parameters.delete_parameter(Name=f"{idle.workflow_path}/{name}")
