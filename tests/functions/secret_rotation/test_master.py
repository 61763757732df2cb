"""Rotations of a master's password on its own cluster, and what failures leave behind."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError

from functions.runtime.errors import LoginFailedError, SecretError, SideUnavailableError
from functions.secret_rotation import wiring
from functions.secret_rotation.errors import (
    LoginUnusableError,
    PromotionRefusedError,
    RotationError,
    RotationRefusedError,
)
from functions.secret_rotation.request import Step
from tests.functions.secret_rotation.world import OWNER, STEPS, World

pytestmark = pytest.mark.postgres


@pytest.fixture
def arn(account: World) -> str:
    return account.settings.target_secret_arn


@pytest.fixture
def pause(account: World) -> Callable[[str], None]:
    """Set the flag of the workflows."""

    def put(value: str) -> None:
        boto3.client("ssm").put_parameter(
            Name=f"{account.settings.workflow_parameter_path}/rotation_paused",
            Value=value,
            Type="String",
            Overwrite=True,
        )

    return put


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_master_gets_a_new_password_on_its_own_cluster_only(account: World, side: str) -> None:
    arn: str = getattr(account.settings, f"{side}_secret_arn")
    before = account.value(arn)
    other = "target" if side == "source" else "source"
    others: str = getattr(account.settings, f"{other}_secret_arn")
    account.rotate(arn)

    after = account.value(arn)
    assert after["username"] == before["username"]
    assert account.accepts(side, after)
    assert not account.accepts(side, before)
    assert account.accepts(other, account.value(others))


def test_every_step_may_be_repeated(account: World, arn: str) -> None:
    token = account.begin(arn)
    for step in STEPS:
        account.take(arn, token, step, step)
    assert account.accepts("target", account.value(arn))


@pytest.mark.parametrize("done", range(1, 4))
def test_whoever_dies_between_two_steps_a_later_run_completes(
    account: World, arn: str, done: int
) -> None:
    token = account.begin(arn)
    account.take(arn, token, *STEPS[:done])
    account.take(arn, token, *STEPS)

    assert account.labels(arn, token) == {"AWSCURRENT"}
    assert account.accepts("target", account.value(arn))


def test_a_migration_under_way_stops_what_would_change_the_password(
    account: World, arn: str, pause: Callable[[str], None]
) -> None:
    before = account.value(arn)
    token = account.begin(arn)
    pause("true")
    with pytest.raises(RotationRefusedError, match=r"migration is under way .*rotation_paused"):
        account.take(arn, token, Step.CREATE)
    pause("false")
    account.take(arn, token, Step.CREATE)
    pause("true")
    with pytest.raises(RotationRefusedError, match="migration is under way"):
        account.take(arn, token, Step.SET)
    assert account.accepts("target", before)

    pause("false")
    account.take(arn, token, Step.SET)
    pause("true")
    account.take(arn, token, Step.TEST, Step.FINISH)
    assert account.accepts("target", account.value(arn))


def test_a_flag_that_makes_no_sense_is_no_permission(
    account: World, arn: str, pause: Callable[[str], None]
) -> None:
    pause("no")
    with pytest.raises(RotationRefusedError, match="neither true nor false"):
        account.rotate(arn)


def test_an_application_may_be_rotated_during_a_migration(
    account: World, pause: Callable[[str], None]
) -> None:
    pause("true")
    account.rotate(account.settings.application_secret_arn)
    assert account.accepts("target", account.value(account.settings.application_secret_arn))


@pytest.mark.parametrize(
    ("statement", "names", "reason"),
    [
        ("ALTER ROLE {} NOCREATEROLE", ("master",), "does not have CREATEROLE"),
        ("REVOKE {} FROM {}", (OWNER, "master"), f"no member of the owner {OWNER}"),
    ],
)
def test_a_login_that_is_no_master_is_not_promoted_and_keeps_its_password(
    account: World, arn: str, statement: str, names: tuple[str, ...], reason: str
) -> None:
    before = account.value(arn)
    token = account.begin(arn)
    account.take(arn, token, Step.CREATE, Step.SET)
    roles = [account.master if name == "master" else name for name in names]
    account.execute("target", statement, *roles)
    with pytest.raises(LoginUnusableError, match=reason):
        account.take(arn, token, Step.TEST)

    assert account.value(arn) == before
    assert account.accepts("target", before)


@pytest.mark.parametrize("step", [Step.SET, Step.TEST, Step.FINISH])
def test_with_the_cluster_down_nothing_is_promoted_and_a_later_run_completes(
    account: World, arn: str, silent_port: int, step: Step
) -> None:
    before = account.value(arn)
    token = account.begin(arn)
    account.take(arn, token, *STEPS[: STEPS.index(step)])
    with pytest.raises((SideUnavailableError, RotationError), match="target cannot be reached"):
        account.take(arn, token, step, target_port=silent_port)
    assert account.value(arn) == before

    account.take(arn, token, *STEPS)
    assert account.accepts("target", account.value(arn))


class Refusal:
    """The body of an answer to a call that no policy allows."""

    def stream(self) -> Iterator[bytes]:
        yield json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()


def refused(request: Any, **_: Any) -> AWSResponse:
    """Answer a request as Secrets Manager does when a policy does not allow it."""
    return AWSResponse(request.url, 400, HTTPHeaders(), Refusal())


def lost(request: Any, **_: Any) -> AWSResponse:
    """Lose the answer to a request."""
    raise ReadTimeoutError(endpoint_url=request.url)


@pytest.fixture
def answer(aws: None) -> Any:
    """Let a function answer the promotion in the place of Secrets Manager."""
    client = wiring._client("secretsmanager")
    event = "before-send.secrets-manager.UpdateSecretVersionStage"
    registered: list[Any] = []

    def answer_with(handler: Any) -> None:
        client.meta.events.register_first(event, handler)
        registered.append(handler)

    def stop() -> None:
        while registered:
            client.meta.events.unregister(event, registered.pop())

    answer_with.stop = stop  # type: ignore[attr-defined]  # both belong to one fixture
    yield answer_with
    stop()


def test_a_promotion_that_is_refused_puts_the_old_password_back(
    account: World, arn: str, answer: Any
) -> None:
    before = account.value(arn)
    token = account.begin(arn)
    account.take(arn, token, *STEPS[:3])
    answer(refused)
    with pytest.raises(PromotionRefusedError, match="AccessDeniedException"):
        account.take(arn, token, Step.FINISH)
    assert account.value(arn) == before
    assert account.accepts("target", before)

    answer.stop()
    with pytest.raises(LoginFailedError):
        account.take(arn, token, Step.FINISH)
    assert account.value(arn) == before
    account.take(arn, token, *STEPS)
    assert account.accepts("target", account.value(arn))


def test_a_promotion_of_which_nobody_knows_leaves_the_new_password(
    account: World, arn: str, answer: Any
) -> None:
    token = account.begin(arn)
    account.take(arn, token, *STEPS[:3])
    answer(lost)
    with pytest.raises(SecretError, match="ReadTimeoutError"):
        account.take(arn, token, Step.FINISH)
    assert account.accepts("target", account.value(arn, "AWSPENDING"))

    answer.stop()
    account.take(arn, token, *STEPS)
    assert account.accepts("target", account.value(arn))


def test_a_server_that_still_has_the_previous_password_is_brought_up_to_date(
    account: World, arn: str
) -> None:
    account.rotate(arn)
    old = account.value(arn, "AWSPREVIOUS")
    with account.connect("target", account.value(arn)) as session:
        session.execute(f"ALTER ROLE CURRENT_USER PASSWORD '{old['password']}'".encode())
    account.rotate(arn)
    assert account.accepts("target", account.value(arn))


def test_without_any_working_password_nothing_is_promoted(account: World, arn: str) -> None:
    account.execute("target", "ALTER ROLE {} PASSWORD 'forgotten'", account.master)
    before = account.value(arn)
    with pytest.raises(RotationError, match="neither the pending, nor the current"):
        account.rotate(arn)
    assert account.value(arn) == before


def test_a_secret_for_another_host_is_refused(account: World) -> None:
    content = account.value(account.settings.target_secret_arn)
    client = boto3.client("secretsmanager")
    arn = account.settings.target_secret_arn
    client.put_secret_value(SecretId=arn, SecretString=json.dumps({**content, "host": "other"}))
    with pytest.raises(RotationRefusedError, match="the secret is for host other"):
        account.rotate(arn)
    assert account.accepts("target", content)


def test_a_secret_that_the_function_does_not_know_is_refused(account: World, arn: str) -> None:
    stranger = replace(account.settings, target_secret_arn="arn:other")
    token = account.begin(arn)
    with pytest.raises(RotationRefusedError, match="no secret that this function rotates"):
        account.take(arn, token, Step.CREATE, **vars(stranger))


def test_a_step_without_a_rotation_is_refused(account: World, arn: str) -> None:
    with pytest.raises(RotationRefusedError, match="not the pending one"):
        account.take(arn, "0" * 32, Step.CREATE)
    token = account.begin(arn)
    with pytest.raises(RotationRefusedError, match="createSecret is first"):
        account.take(arn, token, Step.SET)
