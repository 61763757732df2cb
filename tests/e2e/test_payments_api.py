"""A payment goes through the API into the source cluster."""

import uuid

import pytest

from tests.e2e.api import BODY, Api
from tooling.checkout import Checkout


@pytest.fixture(scope="module")
def api(deployment: tuple[Checkout, object]) -> Api:
    checkout = deployment[0]
    token = checkout.invoke("token").output.strip()
    return Api(checkout.outputs()["edge.api_url"], token)


def test_a_payment_is_created_and_its_row_is_in_the_source(api: Api, deployed: Checkout) -> None:
    answer = api.pay()

    assert answer.status == 201, answer
    row = deployed.query(
        "source",
        f"select amount, currency, reference from payments where id = '{answer.body['id']}'",
    )
    assert "12.50" in row
    assert "invoice 1001" in row


def test_the_target_has_no_part_in_it_yet(api: Api, deployed: Checkout) -> None:
    assert api.pay().status == 201

    answer = deployed.query("target", "select count(*) from payments")

    assert [line.strip() for line in answer.splitlines()][2] == "0"


def test_a_payment_can_be_read_back(api: Api) -> None:
    made = api.pay(amount="7.05", reference="read me back").body

    answer = api.call("GET", f"/payments/{made['id']}")

    assert answer.status == 200
    assert answer.body == made
    assert made["amount"] == "7.05"


def test_an_unknown_payment_is_not_found(api: Api) -> None:
    assert api.call("GET", f"/payments/{uuid.uuid4()}").status == 404


def test_without_a_token_the_answer_is_401(api: Api) -> None:
    answer = api.call("POST", "/payments", BODY, token="", key="k")

    assert answer.status == 401
    assert answer.body["message"] == "Unauthorized"


def test_with_a_token_that_nobody_signed_the_answer_is_401(api: Api) -> None:
    head, payload, _ = api.token.split(".")

    assert (
        api.call("POST", "/payments", BODY, token=f"{head}.{payload}.AAAA", key="k").status == 401
    )


def test_with_a_token_for_reading_only_paying_is_forbidden(api: Api, deployed: Checkout) -> None:
    reader = deployed.invoke("token", "--scope", "payments:read").output.strip()

    assert api.call("POST", "/payments", BODY, token=reader, key="k").status == 403
    assert api.call("GET", f"/payments/{uuid.uuid4()}", token=reader).status == 404


def test_an_unknown_path_is_refused_as_api_gateway_does(api: Api) -> None:
    answer = api.call("GET", "/refunds")

    assert answer.status == 403
    assert answer.body["message"] == "Missing Authentication Token"


def test_a_bad_body_is_refused_with_every_field_at_fault(api: Api) -> None:
    answer = api.call(
        "POST", "/payments", {"amount": 12.5, "currency": "XX", "colour": "red"}, key="k"
    )

    assert answer.status == 400
    assert {error["field"] for error in answer.body["errors"]} == {
        "amount",
        "currency",
        "reference",
        "colour",
    }


def test_the_same_key_again_is_the_same_payment_and_one_row(api: Api, deployed: Checkout) -> None:
    key = str(uuid.uuid4())

    first = api.call("POST", "/payments", BODY, key=key)
    second = api.call("POST", "/payments", BODY, key=key)

    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert second.headers["Idempotent-Replayed"] == "true"
    count = deployed.query(
        "source", f"select count(*) as rows from payments where idempotency_key = '{key}'"
    )
    assert " 1" in count


def test_the_same_key_for_another_payment_is_refused(api: Api) -> None:
    key = str(uuid.uuid4())
    api.call("POST", "/payments", BODY, key=key)

    answer = api.call("POST", "/payments", {**BODY, "amount": "99.00"}, key=key)

    assert answer.status == 422
