"""A program whose children cut over, and kill or freeze themselves at a given message.

It reads an order a line, and forks a child for each: so a child needs no time to start. Written to
standard output: the child's process id, what the child says, and how it ended.
"""

import json
import os
import signal
import sys
import time
from typing import Any

import boto3

from functions.cutover.run import Actions, Surroundings
from functions.cutover.session import Pg8000Session, Session
from functions.runtime.connections import Server
from functions.runtime.route import Side
from tests.functions.cutover.messages import WatchedParameters, watched


def main(order: dict[str, Any]) -> None:
    """Cut over as ordered, and say the answer; die or freeze at the message that is named."""

    def connect(side: Side) -> Session:
        return Pg8000Session(Server(**order["servers"][side]), order["login"], order["authority"])

    def step_in(name: str, when: str, _session: object) -> None:
        if [name, when] == order.get("die_at"):
            os.kill(os.getpid(), signal.SIGKILL)
        if [name, when] == order.get("freeze_at"):
            del order["freeze_at"]
            print("frozen", flush=True)
            sys.stdin.readline()

    parameters = boto3.client("ssm", **order["ssm"])
    surroundings = Surroundings(
        environment=order["environment"],
        schema="payments",
        connect=watched(connect, step_in),
        parameters=WatchedParameters(parameters, step_in),
        route_parameter_name=order["route"],
        workflow_parameter_path=order["workflow"],
        sleep=time.sleep,
    )
    try:
        answer = Actions(surroundings).cutover(Side(order["to"]), "victim", 60).document()
    except Exception as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(answer), flush=True)


def serve() -> None:
    """Run one child after the other until standard input ends."""
    while line := sys.stdin.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            main(order)
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
