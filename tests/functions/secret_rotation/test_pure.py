"""Requests, credentials, verifiers and statements: what needs no server."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.runtime.connections import Server
from functions.secret_rotation import role_statements
from functions.secret_rotation.credentials import (
    Credential,
    alternate_username,
    require_server,
    require_successor,
)
from functions.secret_rotation.errors import RotationRefusedError
from functions.secret_rotation.request import Request, Step
from functions.secret_rotation.role_catalog import Membership, RoleSetting
from functions.secret_rotation.verifier import scram_verifier

EVENT = {
    "Step": "setSecret",
    "SecretId": "arn",
    "ClientRequestToken": "token",
    "RotationToken": "r",
}


def credential(**content: Any) -> Credential:
    return Credential({"username": "app", "password": "p", **content})


def test_a_request_is_what_secrets_manager_sends() -> None:
    assert Request.parse(EVENT) == Request(Step.SET, "arn", "token")


@pytest.mark.parametrize("key", ["Step", "SecretId", "ClientRequestToken"])
@pytest.mark.parametrize("value", [None, 7, ["setSecret"]])
def test_another_event_is_refused(key: str, value: object) -> None:
    with pytest.raises(RotationRefusedError, match="no request of Secrets Manager"):
        Request.parse({**EVENT, key: value})


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(RotationRefusedError):
        Request.parse({**EVENT, "Step": "set_secret"})


@pytest.mark.parametrize("text", [None, "", "[]", "no json", '"text"'])
def test_a_secret_that_is_no_json_object_is_refused(text: str | None) -> None:
    with pytest.raises(RotationRefusedError, match="the secret is not a JSON object"):
        Credential.parse(text, "the secret")


def test_a_secret_without_a_login_is_refused_without_its_values() -> None:
    with pytest.raises(RotationRefusedError, match="no text at: username") as caught:
        Credential.parse('{"username": "", "password": "hidden"}', "the secret")
    assert "hidden" not in str(caught.value)


def test_a_credential_does_not_show_its_password() -> None:
    assert "hidden" not in repr(credential(password="hidden"))


def test_a_new_version_keeps_the_other_keys() -> None:
    new = credential(engine="postgres", port=5432).replaced(password="new", username="app_clone")
    assert json.loads(new.text()) == {
        "username": "app_clone",
        "password": "new",
        "engine": "postgres",
        "port": 5432,
    }


@given(st.text(min_size=1, max_size=14).filter(lambda name: not name.endswith("_clone")))
def test_two_names_take_turns(name: str) -> None:
    clone = alternate_username(name)
    assert clone != name
    assert alternate_username(clone) == name


def test_a_name_whose_clone_would_be_cut_off_is_refused() -> None:
    assert len(alternate_username("n" * 57)) == 63
    with pytest.raises(RotationRefusedError, match="longer than 63 bytes"):
        alternate_username("é" * 29)


@pytest.mark.parametrize(
    "change", [{"host": "b"}, {"port": 1}, {"extra": None}, {"username": "other"}]
)
def test_a_successor_differs_in_its_login_only(change: dict[str, Any]) -> None:
    current = credential(host="a")
    require_successor(current, current.replaced(password="new"), "app")
    with pytest.raises(RotationRefusedError):
        require_successor(current, Credential({**current.document, **change}), "app")


def test_a_secret_that_names_its_server_names_the_right_one() -> None:
    server = Server("a", 5432, "payments")
    for content in ({}, {"host": "a"}, {"port": 5432}, {"host": "a", "port": "5432"}):
        require_server(credential(**content), server)
    for content in ({"host": "b"}, {"port": 5433}):
        with pytest.raises(RotationRefusedError, match="the secret is for"):
            require_server(credential(**content), server)


def test_a_verifier_is_computed_as_rfc_5802_says() -> None:
    head, keys = scram_verifier("pencil").removeprefix("SCRAM-SHA-256$").split("$")
    iterations, salt = head.split(":")
    stored_key, server_key = (base64.b64decode(key) for key in keys.split(":"))
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode(salt), int(iterations))
    client_key = hmac.digest(salted, b"Client Key", "sha256")

    assert int(iterations) == 4096
    assert len(base64.b64decode(salt)) == 16
    assert stored_key == hashlib.sha256(client_key).digest()
    assert server_key == hmac.digest(salted, b"Server Key", "sha256")


def test_no_two_verifiers_of_a_password_are_alike() -> None:
    assert scram_verifier("pencil") != scram_verifier("pencil")


def test_a_password_that_saslprep_forbids_is_refused() -> None:
    with pytest.raises(RotationRefusedError, match="SCRAM forbids") as caught:
        scram_verifier("\u0007hidden")
    assert "hidden" not in str(caught.value)


def test_names_and_values_are_quoted() -> None:
    setting = RoleSetting('d"b', "app.note", "it's")
    (statement,) = role_statements.align_settings('a"b', frozenset(), frozenset({setting}))
    assert statement == 'ALTER ROLE "a""b" IN DATABASE "d""b" SET "app"."note" TO \'it\'\'s\''


def test_the_names_in_a_list_are_quoted_one_by_one() -> None:
    setting = RoleSetting(None, "search_path", '"$user", payments, "odd, ""name"')
    (statement,) = role_statements.align_settings("a", frozenset(), frozenset({setting}))
    assert statement.endswith(""" SET "search_path" TO '$user', 'payments', 'odd, "name'""")


@pytest.mark.parametrize(
    ("membership", "options"),
    [
        (Membership("w", False, None, None), ""),
        (Membership("w", True, None, None), " WITH ADMIN OPTION"),
        (Membership("w", False, True, False), " WITH ADMIN FALSE, INHERIT TRUE, SET FALSE"),
    ],
)
def test_memberships_are_granted_with_their_options_in_every_version(
    membership: Membership, options: str
) -> None:
    (grant,) = role_statements.align_memberships("a", frozenset(), frozenset({membership}))
    assert grant == f'GRANT "w" TO "a"{options}'


def test_what_is_aligned_already_needs_no_statement() -> None:
    same = frozenset({Membership("w", False, True, True)})
    settings = frozenset({RoleSetting(None, "work_mem", "8MB")})
    assert list(role_statements.align_memberships("a", same, same)) == []
    assert list(role_statements.align_settings("a", settings, settings)) == []
