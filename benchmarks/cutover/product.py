"""The product: its deployed cutover function, with clients of the deployed API.

A deployment of its own on a laptop cloud, both replication tasks running; the function moves the
traffic back and forth. Nothing is lost: every payment that was acknowledged is looked for on both
sides at the end.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cutover.clients import Answer, Clients
from benchmarks.cutover.rounds import Measured, Round, longest_gap
from shared.naming import resource_name
from tooling.checkout import Checkout

ENVIRONMENT = "local"
_CREATED = 201
_SEED = "20000"
_READY_SECONDS = 120.0
_TASKS = {"payments": "start-replication", "reverse": "start-replication"}


class LostError(Exception):
    """A payment that was acknowledged is not there."""


def measure(folder: Path, cutovers: int, clients: int, pause: float, calm: float) -> Measured:
    """Cut over as often as asked, `calm` seconds apart, under `clients` with `pause` seconds."""
    checkout = Checkout.create(folder)
    try:
        _run(checkout, "deploy-all")
        _run(checkout, "seed", "--payments", _SEED)
        service = checkout.clients()
        _invoke(service, {"action": "prepare", "run": "benchmark"})
        for purpose, kind in _TASKS.items():
            _start(service, resource_name("replication-task", purpose, ENVIRONMENT), kind)
        rounds, answers = _rounds(checkout, service, cutovers, clients, pause, calm)
        _require_all(checkout, answers)
    finally:
        checkout.invoke("local-stop")
    return Measured("cutover function, API clients", rounds)


def _rounds(
    checkout: Checkout,
    service: Callable[[str], Any],
    cutovers: int,
    clients: int,
    pause: float,
    calm: float,
) -> tuple[tuple[Round, ...], list[Answer]]:
    url = checkout.outputs()["edge.api_url"]
    token = _run(checkout, "token").strip()
    with Clients(url, token, clients, pause) as load:
        time.sleep(5 * calm)  # functions start, connections are made
        rounds = tuple(
            _round(service, load, ("target", "source")[number % 2], calm)
            for number in range(cutovers)
        )
    return rounds, load.answers


def _round(service: Callable[[str], Any], load: Clients, to: str, calm: float) -> Round:
    time.sleep(calm)
    first = max(0, len(load.answers) - 1)
    result = _invoke(service, {"action": "cutover", "to": to, "run": "benchmark"})
    if result["outcome"] != "cut_over":
        raise RuntimeError(f"not cut over: {result['reason']}")
    time.sleep(calm)
    answers = load.answers[first:]
    served = [answer for answer in answers if answer.status == _CREATED]
    return Round(
        window=result["window_milliseconds"],
        gap=1000 * longest_gap([answer.at for answer in served]),
        slowest=1000 * max(answer.seconds for answer in served),
        failures=len(answers) - len(served),
    )


def _invoke(service: Callable[[str], Any], request: dict[str, str]) -> dict[str, Any]:
    answer = service("lambda").invoke(
        FunctionName=resource_name("function", "cutover", ENVIRONMENT),
        Payload=json.dumps(request).encode(),
    )
    document: dict[str, Any] = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise RuntimeError(f"the cutover function failed: {document}")
    return document


def _start(service: Callable[[str], Any], name: str, kind: str) -> None:
    """Start a replication task and wait until it follows."""
    tasks = service("dms")
    chosen = [{"Name": "replication-task-id", "Values": [name]}]
    [task] = tasks.describe_replication_tasks(Filters=chosen)["ReplicationTasks"]
    for end in ("SourceEndpointArn", "TargetEndpointArn"):
        tasks.test_connection(
            ReplicationInstanceArn=task["ReplicationInstanceArn"], EndpointArn=task[end]
        )
        tasks.get_waiter("test_connection_succeeds").wait(
            Filters=[{"Name": "endpoint-arn", "Values": [task[end]]}],
            WaiterConfig={"Delay": 1, "MaxAttempts": 60},
        )
    tasks.start_replication_task(
        ReplicationTaskArn=task["ReplicationTaskArn"], StartReplicationTaskType=kind
    )
    deadline = time.monotonic() + _READY_SECONDS
    while not _follows(tasks, chosen):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} does not follow after {_READY_SECONDS:.0f} s")
        time.sleep(0.2)


def _follows(tasks: Any, chosen: list[dict[str, Any]]) -> bool:
    [task] = tasks.describe_replication_tasks(Filters=chosen)["ReplicationTasks"]
    if task["Status"] == "failed":
        raise RuntimeError(task.get("LastFailureMessage", "the task failed"))
    progress = task.get("ReplicationTaskStats", {}).get("FullLoadProgressPercent", 0)
    loads = task["MigrationType"] != "cdc"
    return task["Status"] == "running" and (not loads or progress == 100)


def _require_all(checkout: Checkout, answers: list[Answer]) -> None:
    """Raise LostError unless every acknowledged payment is on both sides."""
    acknowledged = {answer.payment for answer in answers if answer.payment}
    for side in ("source", "target"):
        found = set(checkout.query(side, "SELECT id FROM payments").split())
        lost = acknowledged - found
        if lost:
            raise LostError(f"{len(lost)} acknowledged payments are not on the {side}")


def _run(checkout: Checkout, *arguments: str) -> str:
    finished = checkout.invoke(*arguments)
    if finished.status:
        raise RuntimeError(finished.output)
    return finished.output
