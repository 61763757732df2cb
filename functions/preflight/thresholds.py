"""What the preflight tolerates, from Parameter Store; read afresh at every call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.preflight.errors import UnusableInputError

LONGEST_TRANSACTION = "preflight_longest_transaction_seconds"
SAMPLE_ROWS = "preflight_sample_rows"
ACCEPTED = "preflight_accepted"
SEQUENCE_MARGIN = "sequence_margin"


@dataclass(frozen=True)
class Thresholds:
    """Parameters of the preflight, with what holds where one is absent.

    longest_transaction_seconds: an older transaction is in the way.
    sample_rows: rows of a table that are looked at for values that would not survive.
    sequence_margin: values that the cutover skips in every sequence.
    accepted: findings that somebody has decided to live with, as `check` or `check object`.
    """

    longest_transaction_seconds: float = 60.0
    sample_rows: int = 10_000
    sequence_margin: int = 1000
    accepted: frozenset[str] = frozenset()


def read_thresholds(client: Any, path: str) -> Thresholds:
    """Read the parameters below `path` by a boto3 client of Systems Manager.

    Raises UnusableInputError when they cannot be read, or one is not a number that makes sense.
    """
    pages = client.get_paginator("get_parameters_by_path").paginate(Path=path)
    try:
        found = [parameter for page in pages for parameter in page["Parameters"]]
    except (BotoCoreError, ClientError) as error:
        raise UnusableInputError(f"{path} cannot be read: {type(error).__name__}") from error
    return understand({each["Name"].rpartition("/")[2]: each["Value"] for each in found})


def understand(parameters: Mapping[str, str]) -> Thresholds:
    """Return the thresholds that parameters by name mean; raises UnusableInputError."""
    usual = Thresholds()
    seconds = _number(parameters, LONGEST_TRANSACTION, usual.longest_transaction_seconds)
    rows = _number(parameters, SAMPLE_ROWS, usual.sample_rows)
    margin = _number(parameters, SEQUENCE_MARGIN, usual.sequence_margin)
    accepted = (each.strip() for each in parameters.get(ACCEPTED, "").split(","))
    return Thresholds(
        longest_transaction_seconds=seconds,
        sample_rows=int(rows),
        sequence_margin=int(margin),
        accepted=frozenset(each for each in accepted if each not in ("", "-")),
    )


def _number(parameters: Mapping[str, str], name: str, usual: float) -> float:
    value = parameters.get(name)
    if value is None:
        return usual
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UnusableInputError(f"parameter {name} is {value!r}, not a number from 0 on")
    return number
