"""Configuration values that have to be one of a few: checked before anything is deployed."""

from collections.abc import Collection

import pulumi

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

# "PutRetentionPolicy", Amazon CloudWatch Logs API reference.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180),
    *(365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def require_choice(config: pulumi.Config, key: str, choices: Collection[str]) -> str:
    """Return a value that has to be one of `choices`.

    Raises pulumi.RunError, with the key, the value and the choices, when it is another.
    """
    value = config.require(key)
    _require_one_of(config, key, value, choices)
    return value


def require_log_retention_days(config: pulumi.Config, key: str) -> int:
    """Return the days that a log is kept. Raises pulumi.RunError unless CloudWatch accepts them."""
    days = config.require_int(key)
    _require_one_of(config, key, days, LOG_RETENTION_DAYS)
    return days


def require_choices(config: pulumi.Config, key: str, choices: Collection[str]) -> tuple[str, ...]:
    """Return a list of which every item has to be one of `choices`.

    Raises pulumi.RunError, with the key, the first wrong item and the choices, or when the value
    is no list.
    """
    values = config.require_object(key)
    if not isinstance(values, list):
        raise pulumi.RunError(f"{config.full_key(key)} is {values!r}; it has to be a list")
    for value in values:
        _require_one_of(config, key, value, choices)
    return tuple(values)


def _require_one_of(
    config: pulumi.Config, key: str, value: str | int, choices: Collection[str | int]
) -> None:
    if value not in choices:
        known = ", ".join(map(str, choices))
        raise pulumi.RunError(f"{config.full_key(key)} is {value!r}; choose {known}")
