"""The numbers that operators set in Parameter Store, read anew for each call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.cutover.errors import UnsettledError, UnusableInputError

LIMITS: Mapping[str, tuple[float, float]] = {
    "cutover_deadline_seconds": (0.1, 30.0),
    "fence_lock_timeout_milliseconds": (1, 10_000),
    "fence_attempts": (1, 100),
    "sequence_margin": (0, 1_000_000_000),
}
"""Smallest and greatest value. A worker's session is ended when it is idle for much longer than
the longest deadline (see session), and clients hold a refused write for seconds, not minutes."""

_NUMBERS: Mapping[str, Callable[[str], float]] = {
    "cutover_deadline_seconds": float,
    "fence_lock_timeout_milliseconds": int,
    "fence_attempts": int,
    "sequence_margin": int,
}


@dataclass(frozen=True)
class Thresholds:
    """One field per parameter of the hierarchy, with what holds when it is absent.

    The deadline runs from the first attempt to fence to the decision. `sequence_margin` is in
    steps of each sequence: those numbers are skipped, so that one that was drawn while the fence
    went up is not drawn again.
    """

    cutover_deadline_seconds: float = 5.0
    fence_lock_timeout_milliseconds: int = 250
    fence_attempts: int = 5
    sequence_margin: int = 1000

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> "Thresholds":
        """Return thresholds from text; raises UnusableInputError that names all that are wrong."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for field in fields(cls):
            if field.name not in parameters:
                continue
            low, high = LIMITS[field.name]
            try:
                value = _NUMBERS[field.name](parameters[field.name])
            except ValueError:
                value = None
            if value is None or not low <= value <= high:
                problems.append(f"{field.name} is not a number from {low:g} to {high:g}")
            else:
                values[field.name] = value
        if problems:
            raise UnusableInputError(f"workflow parameters: {'; '.join(problems)}")
        return cls(**values)


def read(client: Any, path: str) -> Thresholds:
    """Read the hierarchy `path` through `client`, a boto3 client of SSM.

    Raises UnsettledError when Parameter Store does not answer, UnusableInputError for values.
    """
    pages = client.get_paginator("get_parameters_by_path").paginate(Path=path)
    try:
        found = [parameter for page in pages for parameter in page["Parameters"]]
    except (BotoCoreError, ClientError) as error:
        raise UnsettledError(f"{path} cannot be read: {type(error).__name__}") from error
    return Thresholds.parse({each["Name"].rpartition("/")[2]: each["Value"] for each in found})
