import uuid

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from localcloud.databases import ConnectionSettings
from localcloud.seed import apply_schema
from tests.localcloud.seed.support import APPLICATION, APPLICATION_PASSWORD, Seeded, insert_payment

pytestmark = pytest.mark.postgres


def test_applying_the_schema_again_changes_nothing(seeded: Seeded) -> None:
    with seeded.master.connect() as connection:
        before = connection.execute("SELECT count(*) FROM payments.payments").fetchone()
    assert apply_schema(seeded.master, APPLICATION, "another password") is False
    seeded.application.connect().close()
    with seeded.master.connect() as connection:
        assert connection.execute("SELECT count(*) FROM payments.payments").fetchone() == before


def test_a_second_database_of_the_cluster_shares_the_roles(
    seeded: Seeded, other_database: ConnectionSettings
) -> None:
    assert apply_schema(other_database, APPLICATION, APPLICATION_PASSWORD) is True
    assert apply_schema(other_database, APPLICATION, APPLICATION_PASSWORD) is False


def test_everything_belongs_to_a_role_that_cannot_log_in(connection: psycopg.Connection) -> None:
    owners = connection.execute(
        """
        SELECT DISTINCT pg_get_userbyid(relowner), rolcanlogin
          FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
         WHERE relnamespace = 'payments'::regnamespace
        """
    ).fetchall()
    assert owners == [("payments_owner", False)]


def test_every_table_has_a_primary_key(connection: psycopg.Connection) -> None:
    without = connection.execute(
        """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'payments'::regnamespace AND relkind IN ('r', 'p')
           AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)
        """
    ).fetchall()
    assert without == []


def test_sequences_of_all_three_kinds_exist(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        """
        SELECT relname, coalesce(deptype::text, 'unowned')
          FROM pg_class
          LEFT JOIN pg_depend ON classid = 'pg_class'::regclass AND objid = pg_class.oid
                             AND refclassid = 'pg_class'::regclass AND refobjsubid > 0
         WHERE relnamespace = 'payments'::regnamespace AND relkind = 'S'
         ORDER BY relname
        """
    ).fetchall()
    assert rows == [
        ("accounts_id_seq", "i"),
        ("ledger_entries_id_seq", "i"),
        ("payment_event_number", "a"),
        ("receipt_number", "unowned"),
        ("refund_number", "a"),
    ]


def test_each_currency_has_one_merchant_and_one_clearing_account(
    connection: psycopg.Connection,
) -> None:
    rows = connection.execute(
        """
        SELECT currency, array_agg(account_number ORDER BY account_number)
          FROM payments.accounts GROUP BY currency
        """
    ).fetchall()
    assert {"SGD", "USD", "EUR", "GBP", "JPY", "AUD", "INR"} <= {currency for currency, _ in rows}
    for currency, accounts in rows:
        assert accounts == [f"clearing-{currency}", f"merchant-{currency}"]


def test_the_application_can_book_a_payment(application: psycopg.Connection) -> None:
    payment = insert_payment(application)
    application.execute(
        """
        INSERT INTO payments.ledger_entries (payment_id, account_id, direction, amount)
        SELECT %s, id, 'debit', 10 FROM payments.accounts WHERE account_number = 'clearing-SGD'
        """,
        (payment,),
    )
    application.execute(
        "INSERT INTO payments.refunds (payment_id, amount, reason) VALUES (%s, 1, 'test')",
        (payment,),
    )
    application.execute(
        "INSERT INTO payments.payment_events (payment_id, kind, payload) VALUES (%s, 'x', '{}')",
        (payment,),
    )
    application.execute("SELECT nextval('payments.receipt_number')")
    application.execute("UPDATE payments.payments SET status = 'settled' WHERE id = %s", (payment,))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE payments.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "DROP TABLE payments.refunds",
        "TRUNCATE payments.refunds",
        "DELETE FROM payments.refunds",
        "ALTER TABLE payments.payments ADD COLUMN mine int",
        "SELECT setval('payments.receipt_number', 1)",
        "SET ROLE payments_owner",
        "CREATE ROLE mine",
    ],
)
def test_the_application_can_do_nothing_else(
    application: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(InsufficientPrivilege):
        application.execute(statement.encode())


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount", "0"), ("amount", "-1"), ("currency", "'sgd'"), ("reference", "NULL")],
)
def test_a_payment_that_makes_no_sense_is_refused(
    application: psycopg.Connection, column: str, value: str
) -> None:
    payment = insert_payment(application)
    change = f"UPDATE payments.payments SET {column} = {value} WHERE id = '{payment}'"
    with pytest.raises(psycopg.errors.IntegrityError):
        application.execute(change.encode())


def test_an_idempotency_key_is_used_once(application: psycopg.Connection) -> None:
    key = uuid.uuid4().hex
    insert_payment(application, key)
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert_payment(application, key)
