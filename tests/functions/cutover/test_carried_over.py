"""Privileges and sequences of every kind, through a cutover, its rollback and its undoing."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from functions.cutover.decisions import other
from functions.runtime.route import Side
from tests.functions.cutover.pair import Pair, replicating_pair
from tests.functions.cutover.test_killed import check_settled
from tests.functions.data_validation.replication import ReplicatingClusters

pytestmark = pytest.mark.postgres

ROLES = {name: f"{name}_{uuid4().hex[:8]}" for name in ("lender", "borrower", "clerk")}
ODD_ROLE = f'Odd; -- ""\'$x$ {{role}} {uuid4().hex[:8]}'
ODD_TABLE = 'payments."Odd ""table\'; -- {t} :x $fence$"'
OBJECTS = [
    f'CREATE TABLE {ODD_TABLE} (id int PRIMARY KEY, "a; b" text)',
    "CREATE TABLE payments.untouched (id int PRIMARY KEY)",
    "CREATE VIEW payments.big_refunds AS SELECT * FROM payments.refunds WHERE amount > 1000",
    "CREATE SEQUENCE payments.descending INCREMENT -5 MINVALUE -1000000 MAXVALUE -10 START -10",
    "CREATE SEQUENCE payments.cycling MINVALUE 1 MAXVALUE 12 CYCLE",
    "CREATE SEQUENCE payments.used_up MAXVALUE 20",
    "CREATE SEQUENCE payments.nearly_used_up MAXVALUE 100",
    "CREATE SEQUENCE payments.never_called START 77",
    "CREATE SEQUENCE payments.restarted",
    "CREATE SEQUENCE payments.small AS smallint INCREMENT 100",
]
GRANTS = [
    "GRANT USAGE ON SCHEMA payments TO {lender}, {borrower}, {clerk}, {odd}",
    "GRANT SELECT ON payments.accounts TO PUBLIC",
    "GRANT INSERT ON payments.refunds TO PUBLIC",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON payments.refunds TO {lender} WITH GRANT OPTION",
    "GRANT TRUNCATE, REFERENCES, TRIGGER ON payments.refunds TO {lender}",
    "SET ROLE {lender}; GRANT SELECT, UPDATE ON payments.refunds TO {borrower} WITH GRANT OPTION",
    "SET ROLE {borrower}; GRANT UPDATE (reason) ON payments.refunds TO {clerk}",
    "SET ROLE {lender}; GRANT DELETE ON payments.refunds TO {clerk}",
    "GRANT UPDATE (status, updated_at), SELECT (id) ON payments.payments TO {clerk}",
    "GRANT INSERT (id) ON payments.payments TO {clerk} WITH GRANT OPTION",
    "GRANT INSERT, SELECT ON payments.payment_events_2026 TO {clerk}",
    "GRANT INSERT, UPDATE, SELECT ON payments.big_refunds TO {clerk}",
    "GRANT ALL ON SEQUENCE payments.receipt_number TO {clerk}",
    "GRANT SELECT ON SEQUENCE payments.refund_number TO PUBLIC",
    "GRANT ALL ON " + ODD_TABLE + " TO {odd} WITH GRANT OPTION",
    'GRANT UPDATE ("a; b") ON ' + ODD_TABLE + " TO {clerk}",
]
ACL = """
SELECT c.relname, a.attname, pg_get_userbyid((acl.item).grantor), (acl.item).grantee::regrole::text,
    (acl.item).privilege_type, (acl.item).is_grantable
  FROM pg_class c
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
  CROSS JOIN LATERAL (
      SELECT aclexplode(CASE WHEN a.attname IS NULL THEN c.relacl ELSE a.attacl END) AS item
      UNION ALL
      SELECT aclexplode(CASE WHEN a.attname IS NOT NULL THEN c.relacl END)
  ) AS acl
 WHERE c.relnamespace = 'payments'::regnamespace
"""
NULL_ACL = """
SELECT relname FROM pg_class WHERE relnamespace = 'payments'::regnamespace AND relacl IS NULL
   AND relkind IN ('r', 'p', 'v', 'S') ORDER BY relname
"""
SPECIAL = (
    "descending",
    "cycling",
    "used_up",
    "nearly_used_up",
    "never_called",
    "restarted",
    "small",
)
ADMISSION = {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "USAGE"}


@pytest.fixture(scope="module")
def roles(replicating: ReplicatingClusters) -> Iterator[dict[str, str]]:
    """Create roles on both clusters which the master is a member of; drop them at the end."""
    odd = '"' + ODD_ROLE + '"'
    names = {**ROLES, "odd": odd}
    for side in Side:
        for name in names.values():
            replicating.query(side.value, f"CREATE ROLE {name}")
            replicating.query(side.value, f"GRANT {name} TO master")
    yield names
    for side in Side:
        for name in names.values():
            replicating.query(side.value, f"DROP ROLE {name}")


@pytest.fixture(scope="module")
def rich(
    roles: dict[str, str], replicating: ReplicatingClusters, aws_endpoint: str
) -> Iterator[Pair]:
    """Yield a pair with privileges and sequences of every kind on the source."""
    objects = ["SET ROLE payments_owner; " + statement for statement in OBJECTS]
    with replicating_pair(replicating, aws_endpoint, objects) as pair:
        for statement in GRANTS:
            text = statement
            for name, role in roles.items():
                text = text.replace("{" + name + "}", role)
            if not text.startswith("SET ROLE"):
                text = f"SET ROLE payments_owner; {text}"
            sides = Side if "ON SCHEMA" in text else [Side.SOURCE]
            for side in sides:
                pair.query(side, text)
        yield pair


def acl(pair: Pair, side: Side, *, admission: bool = False) -> set[tuple[object, ...]]:
    """Return all privileges of a side; only those to read and write if asked for.

    The owner of the sentinel is whoever prepared it, and its own privileges are never touched.
    """
    owners = {"payments_owner", "master"}
    return {
        row
        for row in pair.query(side, ACL)
        if not admission or (row[4] in ADMISSION and row[3] not in owners)
    }


def test_privileges_after_an_undone_cutover_are_those_before(rich: Pair) -> None:
    leave = rich.route.active
    before, null_before = acl(rich, leave), rich.query(leave, NULL_ACL)
    standby_before = acl(rich, other(leave))
    assert len(before) > 60
    assert ("untouched",) in null_before
    with rich.limited(cutover_deadline_seconds=1), rich.stalling_stream(leave):
        answer = rich.cutover(other(leave))
    assert answer["outcome"] == "not_cut_over"
    assert answer["reason"].startswith("the cutover took longer than 1 s")
    assert acl(rich, leave) == before
    assert rich.query(leave, NULL_ACL) == null_before
    assert acl(rich, other(leave)) == standby_before
    check_settled(rich, leave)


def test_privileges_go_over_to_the_other_side_and_come_back(rich: Pair) -> None:
    leave = rich.route.active
    before = acl(rich, leave)
    admitted = acl(rich, leave, admission=True)
    answer = rich.cutover(other(leave))
    assert (answer["outcome"], answer["reason"]) == ("cut_over", None)
    assert acl(rich, other(leave), admission=True) == admitted
    assert acl(rich, leave, admission=True) == set()
    assert rich.cutover(leave)["outcome"] == "cut_over"
    assert acl(rich, leave) == before
    assert acl(rich, other(leave), admission=True) == set()


def test_what_only_the_entered_side_has_gets_its_own_privileges_back(rich: Pair) -> None:
    leave, enter = rich.route.active, other(rich.route.active)
    rich.query(enter, "CREATE TABLE payments.only_here (id int PRIMARY KEY)")
    rich.query(
        enter,
        "CREATE TABLE payments.payment_events_2028 PARTITION OF payments.payment_events"
        " FOR VALUES FROM ('2028-01-01+00') TO ('2029-01-01+00')",
    )
    for name in ("only_here", "payment_events_2028"):
        rich.query(enter, f"GRANT SELECT, INSERT ON payments.{name} TO payments_writer")
    rich.query(enter, "UPDATE aurora_migration.side SET state = 'open'")
    rich.query(leave, "UPDATE aurora_migration.side SET token = token + 1")
    rich.settle()  # closes the side, as an undone cutover does
    assert acl(rich, enter, admission=True) == set()
    answer = rich.cutover(enter)
    assert answer["outcome"] == "cut_over"
    granted = {(row[0], row[4]) for row in acl(rich, enter, admission=True)}
    assert {
        (name, privilege)
        for name in ("only_here", "payment_events_2028")
        for privilege in ("SELECT", "INSERT")
    } <= granted
    # The other way round the extra partition is none of the other side's business.
    rich.query(enter, "DROP TABLE payments.only_here")
    assert rich.cutover(leave)["outcome"] == "cut_over"
    rich.query(enter, "DROP TABLE payments.payment_events_2028")
    check_settled(rich, leave)


def nextval(pair: Pair, side: Side, name: str) -> int:
    return int(pair.query(side, f"SELECT nextval('payments.{name}')")[0][0])


def test_sequences_of_every_kind_go_on_behind_the_other_side(rich: Pair) -> None:
    leave, enter = rich.route.active, other(rich.route.active)
    growing = ["accounts_id_seq", "ledger_entries_id_seq", "refund_number", "receipt_number"]
    for name in SPECIAL:
        rich.both(f"ALTER SEQUENCE payments.{name} RESTART")
    rich.query(leave, "SELECT setval('payments.restarted', 500, false)")
    rich.query(leave, "SELECT setval('payments.used_up', 20)")
    rich.query(leave, "SELECT setval('payments.nearly_used_up', 90)")
    rich.query(leave, "SELECT setval('payments.cycling', 5)")
    rich.query(enter, "SELECT setval('payments.cycling', 11)")
    rich.query(enter, "SELECT setval('payments.refund_number', 123456)")
    left = {name: nextval(rich, leave, name) for name in [*growing, "descending", "small"]}

    with rich.limited(sequence_margin=10):
        answer = rich.cutover(enter)

    assert answer["outcome"] == "cut_over"
    assert answer["sequences"] == 12
    for name in growing:
        if name != "refund_number":
            assert nextval(rich, enter, name) == left[name] + 11
    assert nextval(rich, enter, "refund_number") == 123456 + 11
    assert nextval(rich, enter, "descending") == left["descending"] - 55
    assert nextval(rich, enter, "small") == left["small"] + 1100
    assert nextval(rich, enter, "never_called") == 87
    assert nextval(rich, enter, "restarted") == 510
    # No room for the margin: none is left out.
    assert nextval(rich, enter, "nearly_used_up") == 91
    assert nextval(rich, enter, "cycling") == 6
    with pytest.raises(Exception, match="reached maximum value of sequence"):
        nextval(rich, enter, "used_up")
    assert rich.cutover(leave)["outcome"] == "cut_over"
