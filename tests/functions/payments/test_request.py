"""Every field at fault is found at once, and the digest depends on meaning alone."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.payments.request import (
    IDEMPOTENCY_HEADER,
    MAX_METADATA_BYTES,
    MAX_METADATA_DEPTH,
    InvalidRequestError,
    PaymentRequest,
    canonical_json,
    parse,
    parse_payment_id,
)

VALID: dict[str, Any] = {"amount": "12.50", "currency": "SGD", "reference": "INV-1"}

amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999999999999.99"), places=2)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def faults(body: str | None, key: str | None = "key-1") -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        parse(body, key)
    return {error.field: error.problem for error in caught.value.errors}


def faults_of(**changes: Any) -> dict[str, str]:
    return faults(json.dumps({**VALID, **changes}))


def test_a_valid_request_is_taken_as_it_is() -> None:
    key, request = parse(json.dumps({**VALID, "metadata": {"order": 7}}), "key-1")
    assert key == "key-1"
    assert request == PaymentRequest(Decimal("12.50"), "SGD", "INV-1", {"order": 7})


def test_every_field_at_fault_is_named_in_one_answer() -> None:
    body = {"amount": 12.5, "currency": "sgd", "metadata": [], "colour": "red"}
    assert set(faults(json.dumps(body), None)) == {
        IDEMPOTENCY_HEADER,
        "amount",
        "currency",
        "reference",
        "metadata",
        "colour",
    }


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "0",
        "0.00",
        "-1",
        "+1",
        "1.234",
        "1.",
        ".5",
        "01",
        "1e3",
        "1,50",
        " 1",
        "NaN",
        "١",
        "1\n",
        "10000000000000000",
        1,
        1.5,
        None,
        True,
        ["1"],
    ],
)
def test_an_amount_that_is_no_positive_decimal_string_is_refused(amount: Any) -> None:
    assert list(faults_of(amount=amount)) == ["amount"]


@given(amounts)
def test_every_amount_that_fits_the_column_is_accepted_exactly(amount: Decimal) -> None:
    _, request = parse(json.dumps({**VALID, "amount": f"{amount:f}"}), "key-1")
    assert request.amount == amount
    assert request.amount.as_tuple().exponent == -2


@given(st.text(alphabet="0123456789.-+eE_ ", max_size=20))
def test_an_accepted_amount_is_positive_and_fits_the_column(text: str) -> None:
    try:
        _, request = parse(json.dumps({**VALID, "amount": text}), "key-1")
    except InvalidRequestError:
        return
    assert Decimal("0.01") <= request.amount <= Decimal("9999999999999999.99")
    assert request.amount == Decimal(text)


@pytest.mark.parametrize("currency", ["", "SG", "SGDX", "sgd", "S1D", "ＳＧＤ", 702, None])
def test_a_malformed_currency_is_refused(currency: Any) -> None:
    assert list(faults_of(currency=currency)) == ["currency"]


@pytest.mark.parametrize("reference", ["", "x" * 141, "a\u0000b", "a\nb", "\ud800", 5, None])
def test_a_reference_that_cannot_be_stored_is_refused(reference: Any) -> None:
    assert list(faults_of(reference=reference)) == ["reference"]


@pytest.mark.parametrize("reference", ["x", "x" * 140, "Facture n° 7 – café ☕"])
def test_a_reference_of_1_to_140_characters_is_accepted(reference: str) -> None:
    assert parse(json.dumps({**VALID, "reference": reference}), "k")[1].reference == reference


@pytest.mark.parametrize("body", [None, "", "{", "[1", "nope", '{"amount": NaN}', "9" * 5000])
def test_a_body_that_is_not_json_is_refused(body: str | None) -> None:
    assert faults(body) == {"body": "is not valid JSON"}


def test_a_body_nested_beyond_the_parsers_depth_is_refused() -> None:
    assert faults("[" * 100_000) == {"body": "is not valid JSON"}


def test_a_body_that_repeats_a_key_is_refused() -> None:
    body = '{"amount":"1","amount":"2","currency":"SGD","reference":"r"}'
    assert faults(body) == {"body": "is not valid JSON"}


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null"])
def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    assert faults(body) == {"body": "is not a JSON object"}


@pytest.mark.parametrize("key", [None, "", " ", "k" * 256, "caf\u00e9", "a\tb", "a\x00"])
def test_an_unusable_idempotency_key_is_refused(key: str | None) -> None:
    assert list(faults(json.dumps(VALID), key)) == [IDEMPOTENCY_HEADER]


@pytest.mark.parametrize("key", ["k", "k" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b"])
def test_any_printable_idempotency_key_up_to_255_characters_is_accepted(key: str) -> None:
    assert parse(json.dumps(VALID), key)[0] == key


@pytest.mark.parametrize(
    "metadata", [{"a": "\u0000"}, {"\u0000": 1}, {"a": "\ud800"}, {"a": [9e999]}]
)
def test_metadata_that_jsonb_cannot_hold_is_refused(metadata: dict[str, Any]) -> None:
    text = json.dumps({**VALID, "metadata": metadata}).replace("Infinity", "9e999")
    assert list(faults(text)) == ["metadata"]


def test_metadata_may_hold_the_text_of_an_escape() -> None:
    metadata = {"a": "\\u0000", "b": "\\\\u0000"}
    assert parse(json.dumps({**VALID, "metadata": metadata}), "k")[1].metadata == metadata


def test_metadata_beyond_its_size_is_refused() -> None:
    assert list(faults_of(metadata={"a": "x" * MAX_METADATA_BYTES})) == ["metadata"]


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_metadata_may_be_nested_as_deep_as_allowed_and_no_deeper() -> None:
    deepest = nested(MAX_METADATA_DEPTH)
    assert parse(json.dumps({**VALID, "metadata": deepest}), "k")[1].metadata == deepest
    assert list(faults_of(metadata={"a": deepest})) == ["metadata"]


def test_the_currency_is_given_on_for_a_further_check_only_if_it_is_well_formed() -> None:
    for currency, expected in (("XXX", "XXX"), ("xxx", None)):
        with pytest.raises(InvalidRequestError) as caught:
            parse(json.dumps({"currency": currency}), "k")
        assert caught.value.currency == expected


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_canonical_json_is_read_back_as_the_same_or_refused(document: dict[str, Any]) -> None:
    try:
        text = canonical_json(document)
    except ValueError:
        return
    assert json.loads(text) == document
    assert "\x00" not in str(document)


@given(amounts, st.text(min_size=1), st.dictionaries(st.text(), st.integers(), max_size=5))
def test_the_digest_ignores_order_white_space_and_trailing_zeros(
    amount: Decimal, reference: str, metadata: dict[str, int]
) -> None:
    body = {"amount": f"{amount:f}", "currency": "SGD", "reference": reference}
    full = {**body, "metadata": metadata}
    shortest = body["amount"].rstrip("0").rstrip(".")
    reordered = {
        "metadata": dict(reversed(list(metadata.items()))),
        "reference": reference,
        "currency": "SGD",
        "amount": shortest,
    }
    try:
        _, request = parse(json.dumps(full), "k")
    except InvalidRequestError:
        return
    _, same = parse(json.dumps(reordered, indent=3), "another key")
    assert same.digest() == request.digest()
    assert len(request.digest()) == 32


@given(st.sampled_from(["amount", "currency", "reference", "metadata"]))
def test_the_digest_changes_with_every_field(field: str) -> None:
    other = {"amount": "12.51", "currency": "USD", "reference": "INV-2", "metadata": {"a": 1}}
    _, request = parse(json.dumps(VALID), "k")
    _, changed = parse(json.dumps({**VALID, field: other[field]}), "k")
    assert changed.digest() != request.digest()


def test_absent_metadata_means_empty_metadata() -> None:
    _, absent = parse(json.dumps(VALID), "k")
    _, empty = parse(json.dumps({**VALID, "metadata": {}}), "k")
    assert absent.digest() == empty.digest()


def test_a_payment_id_is_read_in_either_case() -> None:
    text = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    assert str(parse_payment_id(text.upper())) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "8e03978e40d543ddbc936894a57f9324",
        "{8e03978e-40d5-43dd-bc93-6894a57f9324}",
        "urn:uuid:8e03978e-40d5-43dd-bc93-6894a57f9324",
        "8e03978e-40d5-43dd-bc93-6894a57f932g",
    ],
)
def test_a_malformed_payment_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_payment_id(text)
    assert [error.field for error in caught.value.errors] == ["id"]
