"""Distributed Map: an item that fails fails the state, and no item begins after a stop.

"Setting failure thresholds for Distributed Map states in Step Functions": one failed item more
than is tolerated (0 by default) fails the state with ``States.ExceedToleratedFailureThreshold``.
moto's interpreter gives such an item the result null and succeeds. And after ``StopExecution`` it
runs all the items that are left.
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as workers,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (  # noqa: E501 - moto's module name
    MapRunRecord,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import Job
from moto.stepfunctions.parser.asl.eval.environment import Environment

from localcloud.cloud.patching import wrap

_CAUSE = (
    "The specified tolerated failure threshold was exceeded: "
    "{failed} of {items} items failed or timed out"
)

Worker = workers.DistributedItemProcessorWorker


def install() -> None:
    """Repair what becomes of an item."""
    wrap(Worker, "_eval_job", _run_item)


def _run_item(stock: Callable[..., None], worker: Worker, env: Environment, job: Job) -> None:
    """Run one item; its output is the state's failure when that was one failure too many."""
    if not worker._env.is_running():  # noqa: SLF001 - moto has no public way to it
        return
    stock(worker, env=env, job=job)
    record = worker._map_run_record  # noqa: SLF001 - as above
    items = worker._job_pool._jobs_number  # noqa: SLF001 - as above
    failed = record.item_counter.failed.get() + record.item_counter.timed_out.get()
    if failed and not _is_tolerated(record, failed, items):
        job.job_output = _failure(env, failed, items)


def _is_tolerated(record: MapRunRecord, failed: int, items: int) -> bool:
    """Return whether so many failures are fine: of two thresholds, those that are set count."""
    count = int(record.tolerated_failure_count)
    percentage = float(record.tolerated_failure_percentage)
    if not count and not percentage:
        return False
    within_count = not count or failed <= count
    return within_count and (not percentage or failed * 100 <= percentage * items)


def _failure(env: Environment, failed: int, items: int) -> FailureEventException:
    error = StatesErrorName(typ=StatesErrorNameType.StatesExceedToleratedFailureThreshold)
    details: Any = {
        "mapRunFailedEventDetails": {
            "error": error.error_name,
            "cause": _CAUSE.format(failed=failed, items=items),
        }
    }
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=error,
            event_type=HistoryEventType.MapRunFailed,
            event_details=details,
        )
    )
