"""What of a task's settings this replication honours, and what it refuses. Pure.

Source: "Specifying task settings for AWS Database Migration Service tasks" and its pages, AWS DMS
User Guide. A setting that is neither read nor refused here tunes DMS's own engine (threads,
memory, batches, logging) and has nothing to tune here.
"""

import json
from dataclasses import dataclass
from typing import Any

from localcloud.replication.errors import MappingError

TRUNCATE = "TRUNCATE_BEFORE_LOAD"
DO_NOTHING = "DO_NOTHING"

_REFUSED: tuple[tuple[str, str, str], ...] = (
    (
        "FullLoadSettings",
        "CreatePkAfterFullLoad",
        "the target's tables and keys must exist before the load",
    ),
    ("ValidationSettings", "ValidationOnly", "DMS's data validation is not run"),
    ("TargetMetadata", "TargetSchema", "tables keep their schema"),
    ("TTSettings", "EnableTT", "Time Travel is not run"),
)
"""Settings that are refused when they are set (not null, false or empty), and why."""

_REFUSED_GROUPS = ("BeforeImageSettings", "CharacterSetSettings", "PostProcessingRules")


@dataclass(frozen=True)
class TaskSettings:
    """The settings that are honoured.

    ``preparation`` is None when the task does not say; ``transaction_seconds`` bounds the wait for
    transactions that were open when the task started; the two ``stop_`` switches end a task after
    its full load. ``full_lobs`` changes nothing here, but what an assessment says of DMS.
    """

    preparation: str | None = None
    stop_without_cached_changes: bool = False
    stop_after_cached_changes: bool = False
    transaction_seconds: int = 600
    prevents_loops: bool = False
    fails_on_no_tables: bool = True
    stops_on_missing_row: bool = False
    validates: bool = False
    full_lobs: bool = False


def parse_settings(text: str | None) -> TaskSettings:
    """Read a task's ``ReplicationTaskSettings``; without any, the defaults.

    Raises MappingError for text that is no JSON object of the right shape, NotImplementedError for
    a setting that asks for what this replication cannot do.
    """
    try:
        document: dict[str, Any] = json.loads(text) if text else {}
        groups = {name: value or {} for name, value in document.items()}
    except (json.JSONDecodeError, AttributeError) as error:
        raise MappingError("the task settings are no JSON object") from error
    _refuse_unsupported(groups)
    load, errors = groups.get("FullLoadSettings", {}), groups.get("ErrorBehavior", {})
    lobs = groups.get("TargetMetadata", {})
    missing_row = {errors.get(f"ApplyError{action}Policy") for action in ("Update", "Delete")}
    return TaskSettings(
        preparation=_preparation(load),
        stop_without_cached_changes=bool(load.get("StopTaskCachedChangesNotApplied")),
        stop_after_cached_changes=bool(load.get("StopTaskCachedChangesApplied")),
        transaction_seconds=int(load.get("TransactionConsistencyTimeout", 600)),
        prevents_loops=bool(
            groups.get("LoopbackPreventionSettings", {}).get("EnableLoopbackPrevention")
        ),
        fails_on_no_tables=bool(errors.get("FailOnNoTablesCaptured", True)),
        stops_on_missing_row="STOP_TASK" in missing_row,
        full_lobs=bool(lobs.get("SupportLobs")) and bool(lobs.get("FullLobMode")),
        validates=bool(groups.get("ValidationSettings", {}).get("EnableValidation")),
    )


def _preparation(load: dict[str, Any]) -> str | None:
    mode = load.get("TargetTablePrepMode")
    if mode == "DROP_AND_CREATE":
        raise NotImplementedError(
            "TargetTablePrepMode DROP_AND_CREATE: the target's tables must exist "
            f"(use {TRUNCATE} or {DO_NOTHING})."
        )
    if mode not in (None, TRUNCATE, DO_NOTHING):
        raise MappingError(f"TargetTablePrepMode is {mode!r}")
    return None if mode is None else str(mode)


def _refuse_unsupported(groups: dict[str, Any]) -> None:
    for group, name, reason in _REFUSED:
        if groups.get(group, {}).get(name):
            raise NotImplementedError(f"Task setting {group}.{name}: {reason}.")
    for group in _REFUSED_GROUPS:
        if groups.get(group):
            raise NotImplementedError(f"Task settings {group}.")
