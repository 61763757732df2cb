"""Rotations of the application's login on two real clusters."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.runtime.errors import LoginFailedError, SideUnavailableError
from functions.secret_rotation.errors import LoginUnusableError, RotationRefusedError
from functions.secret_rotation.request import Step
from localcloud.databases import CertificateAuthority
from tests.functions.secret_rotation.world import SIDES, STEPS, WRITER, World
from tests.functions.support import create_secret, move_route

pytestmark = pytest.mark.postgres


@pytest.fixture
def arn(account: World) -> str:
    return account.settings.application_secret_arn


def test_logins_take_turns_and_the_one_before_goes_on_working(account: World, arn: str) -> None:
    versions = [account.value(arn)]
    for _ in range(3):
        account.rotate(arn)
        versions.append(account.value(arn))
        for side in SIDES:
            assert account.accepts(side, versions[-1])
            assert account.accepts(side, versions[-2])
            assert not any(account.accepts(side, old) for old in versions[:-2])

    assert [version["username"] for version in versions] == [
        account.application,
        account.clone,
        account.application,
        account.clone,
    ]
    assert len({version["password"] for version in versions}) == 4
    assert {version["engine"] for version in versions} == {"postgres"}


def test_labels_end_as_secrets_manager_wants_them(account: World, arn: str) -> None:
    before = account.value(arn)
    token = account.begin(arn)
    account.take(arn, token, *STEPS)

    assert account.labels(arn, token) == {"AWSCURRENT"}
    assert account.value(arn, "AWSPREVIOUS") == before


def test_the_clone_is_as_the_login_that_it_was_made_of(account: World, arn: str) -> None:
    for side in SIDES:
        alter = partial(account.execute, side)
        alter(
            "ALTER ROLE {} CONNECTION LIMIT 7 VALID UNTIL '2099-01-01 00:00+00'",
            account.application,
        )
        alter(
            "ALTER ROLE {} SET search_path TO payments, \"$user\", 'odd, name'", account.application
        )
        alter("ALTER ROLE {} IN DATABASE payments SET lock_timeout TO '3s'", account.application)
        alter("ALTER ROLE {} SET application_name TO 'it''s'", account.application)
    account.rotate(arn)

    for side in SIDES:
        described = [
            describe(account, side, login) for login in (account.application, account.clone)
        ]
        assert described[0] == described[1]
        assert (WRITER, False, True, True) in described[1]["memberships"]
        assert len(described[1]["settings"]) == 3
        with account.connect(side, account.value(arn)) as connection:
            assert connection.execute("SHOW search_path").fetchone() == (
                'payments, "$user", "odd, name"',
            )


def describe(account: World, side: str, login: str) -> dict[str, Any]:
    query = partial(account.clusters.query, side)
    return {
        "attributes": query(
            "SELECT rolcanlogin, rolinherit, rolsuper, rolcreaterole, rolcreatedb, rolreplication,"
            " rolbypassrls, rolconnlimit, rolvaliduntil::text FROM pg_roles WHERE rolname = %s",
            login,
        ),
        "memberships": query(
            "SELECT g.rolname, bool_or(admin_option), bool_or(inherit_option), bool_or(set_option)"
            " FROM pg_auth_members m"
            " JOIN pg_roles g ON g.oid = roleid JOIN pg_roles l ON l.oid = member"
            " WHERE l.rolname = %s GROUP BY 1 ORDER BY 1",
            login,
        ),
        "settings": query(
            "SELECT setdatabase, unnest(setconfig) FROM pg_db_role_setting"
            " JOIN pg_roles r ON r.oid = setrole WHERE rolname = %s ORDER BY 1, 2",
            login,
        ),
    }


def test_memberships_and_settings_follow_at_every_rotation(account: World, arn: str) -> None:
    account.rotate(arn)
    for side in SIDES:
        account.execute(side, "ALTER ROLE {} SET work_mem TO '8MB'", account.application)
        account.execute(side, "ALTER ROLE {} SET lock_timeout TO '4s'", account.clone)
        account.execute(
            side,
            "GRANT {} TO {} WITH ADMIN OPTION GRANTED BY {}",
            WRITER,
            account.clone,
            account.master,
        )
    account.rotate(arn)

    for side in SIDES:
        made = describe(account, side, account.application)
        assert made["settings"] == describe(account, side, account.clone)["settings"]
        assert [setting for _, setting in made["settings"]] == ["lock_timeout=4s"]
        assert made["memberships"] == [(WRITER, True, True, True)]


@pytest.mark.parametrize("done", range(1, 4))
def test_whoever_dies_between_two_steps_the_current_login_works_and_a_later_run_completes(
    account: World, arn: str, done: int
) -> None:
    before = account.value(arn)
    token = account.begin(arn)
    account.take(arn, token, *STEPS[:done])
    assert all(account.accepts(side, account.value(arn)) for side in SIDES)

    account.take(arn, token, *STEPS)

    after = account.value(arn)
    assert after["username"] == account.clone
    assert all(account.accepts(side, after) for side in SIDES)
    assert all(account.accepts(side, before) for side in SIDES)


def test_every_step_may_be_repeated(account: World, arn: str) -> None:
    token = account.begin(arn)
    pending = []
    for step in STEPS[:3]:
        account.take(arn, token, step, step)
        pending.append(account.value(arn, "AWSPENDING"))
    account.take(arn, token, Step.FINISH, Step.FINISH, *STEPS)

    assert pending == [account.value(arn)] * 3


@pytest.mark.parametrize(
    ("side", "step"),
    [
        ("source", Step.SET),
        ("target", Step.SET),
        ("target", Step.TEST),
        ("source", Step.FINISH),
    ],
)
def test_with_one_cluster_down_nothing_is_promoted_and_a_later_run_completes(
    account: World, arn: str, silent_port: int, side: str, step: Step
) -> None:
    before = account.value(arn)
    token = account.begin(arn)
    account.take(arn, token, *STEPS[: STEPS.index(step)])
    with pytest.raises(SideUnavailableError, match=f"the {side} cannot be reached"):
        account.take(arn, token, step, **{f"{side}_port": silent_port})

    assert account.value(arn) == before
    assert all(account.accepts(each, before) for each in SIDES)

    account.take(arn, token, *STEPS)
    assert all(account.accepts(each, account.value(arn)) for each in SIDES)
    assert account.value(arn)["username"] == account.clone


def test_a_master_that_may_not_grant_leaves_nothing_behind(account: World, arn: str) -> None:
    revoke = "REVOKE ADMIN OPTION FOR {} FROM {}"
    account.execute("source", revoke, WRITER, account.master)
    token = account.begin(arn)
    account.take(arn, token, Step.CREATE)
    with pytest.raises(RotationRefusedError, match="the master of the source may not manage"):
        account.take(arn, token, Step.SET)
    assert account.clone not in account.roles("source")

    account.execute("source", "GRANT {} TO {} WITH ADMIN OPTION", WRITER, account.master)
    account.take(arn, token, *STEPS)
    assert account.accepts("source", account.value(arn))


def test_a_side_without_the_login_is_named(account: World, arn: str) -> None:
    account.execute("target", "DROP ROLE {}", account.application)
    with pytest.raises(RotationRefusedError, match=f"target has no role {account.application}"):
        account.rotate(arn)
    assert account.accepts("source", account.value(arn))


def test_a_login_with_rights_of_its_own_is_refused(account: World, arn: str) -> None:
    with account.clusters.owner("source") as owner:
        owner.execute("SET ROLE payments_owner")
        owner.execute(f"GRANT DELETE ON payments.refunds TO {account.application}".encode())
    try:
        with pytest.raises(RotationRefusedError, match=r"rights of its own .*refunds"):
            account.rotate(arn)
    finally:
        with account.clusters.owner("source") as owner:
            owner.execute("SET ROLE payments_owner")
            owner.execute(f"REVOKE ALL ON payments.refunds FROM {account.application}".encode())
    assert account.clone not in account.roles("source")


def test_a_login_that_may_create_roles_is_refused(account: World, arn: str) -> None:
    account.execute("source", "ALTER ROLE {} CREATEROLE", account.application)
    with pytest.raises(RotationRefusedError, match="must not have"):
        account.rotate(arn)


def test_a_clone_without_the_writers_role_is_not_promoted(account: World, arn: str) -> None:
    token = account.begin(arn)
    account.take(arn, token, Step.CREATE, Step.SET)
    account.execute(
        "target", "REVOKE {} FROM {} GRANTED BY {}", WRITER, account.clone, account.master
    )
    for step in (Step.TEST, Step.FINISH):
        with pytest.raises(LoginUnusableError, match=f"target does not have .* {WRITER}"):
            account.take(arn, token, step)
    assert account.value(arn)["username"] == account.application


def test_a_clone_that_may_do_less_is_not_promoted(account: World, arn: str) -> None:
    token = account.begin(arn)
    account.take(arn, token, Step.CREATE, Step.SET)
    with account.clusters.owner("source") as owner:
        owner.execute("SET ROLE payments_owner")
        owner.execute(f"GRANT DELETE ON payments.refunds TO {account.application}".encode())
        try:
            with pytest.raises(LoginUnusableError, match=r"lacks .*DELETE on payments\.refunds"):
                account.take(arn, token, Step.TEST)
        finally:
            owner.execute(f"REVOKE ALL ON payments.refunds FROM {account.application}".encode())


def test_on_the_side_with_the_traffic_the_login_has_to_be_able_to_write(
    account: World, arn: str
) -> None:
    token = account.begin(arn)
    account.take(arn, token, Step.CREATE, Step.SET)
    elsewhere = {"schema": "information_schema"}
    with pytest.raises(LoginUnusableError, match="on the source may write to no table"):
        account.take(arn, token, Step.TEST, **elsewhere)
    move_route(account.settings.route_parameter_name, "target", 2)
    with pytest.raises(LoginUnusableError, match="on the target may write to no table"):
        account.take(arn, token, Step.TEST, **elsewhere)


def test_a_pending_version_for_another_login_or_host_changes_nothing(
    account: World, arn: str
) -> None:
    for change in ({"username": account.master}, {"engine": "other"}, {"host": "elsewhere"}):
        token = account.begin(arn)
        wrong = {**account.value(arn), "username": account.clone, "password": "chosen", **change}
        boto3.client("secretsmanager").put_secret_value(
            SecretId=arn,
            ClientRequestToken=token,
            SecretString=json.dumps(wrong),
            VersionStages=["AWSPENDING"],
        )
        with pytest.raises(RotationRefusedError, match="pending version"):
            account.take(arn, token, Step.SET)
    assert account.clone not in account.roles("source")


def test_a_try_out_of_the_configuration_tests_the_current_login(account: World, arn: str) -> None:
    token = account.begin(arn)
    boto3.client("secretsmanager").put_secret_value(
        SecretId=arn,
        ClientRequestToken=token,
        SecretString=json.dumps(account.value(arn)),
        VersionStages=["AWSPENDING"],
    )
    account.take(arn, token, Step.TEST)

    account.execute("target", "ALTER ROLE {} PASSWORD 'other'", account.application)
    with pytest.raises(LoginFailedError, match="the target does not accept"):
        account.take(arn, token, Step.TEST)


def test_a_server_without_a_trusted_certificate_is_not_talked_to(
    account: World, arn: str, tmp_path: Path
) -> None:
    stranger = create_secret({"pem": CertificateAuthority.create(tmp_path).pem})
    token = account.begin(arn)
    account.take(arn, token, Step.CREATE)
    with pytest.raises(SideUnavailableError, match="certificate of the source is not trusted"):
        account.take(arn, token, Step.SET, certificate_authority_secret_arn=stranger)


def test_no_password_reaches_a_servers_log(account: World, arn: str) -> None:
    account.rotate(arn)
    # A login that the master may not change: the server logs the statement that it refuses.
    account.execute(
        "source", "REVOKE ADMIN OPTION FOR {} FROM {}", account.application, account.master
    )
    token = account.begin(arn)
    account.take(arn, token, Step.CREATE)
    with pytest.raises(RotationRefusedError):
        account.take(arn, token, Step.SET)

    logs = Path(account.clusters.authority_file.parent / "postgres").rglob("*.log")
    text = "".join(log.read_text(errors="replace") for log in logs)
    assert f'ALTER ROLE "{account.application}" LOGIN' in text
    assert "PASSWORD 'SCRAM-SHA-256$4096:" in text
    for label in ("AWSPENDING", "AWSCURRENT"):
        assert account.value(arn, label)["password"] not in text
