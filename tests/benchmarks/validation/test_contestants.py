"""A contestant that answers, breaks off or takes too long is told apart; none outlives its test."""

import sys
from pathlib import Path

from benchmarks.validation.contestants import Answer, Contestant, Found, Request, Worker

REQUEST = Request("source", "target", "public", "payments", ("id",), ("amount",))
ANSWERING = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    answer = {"seconds": 0.5, "equal": False, "findings": [["extra", [request["word"]]]]}
    print(json.dumps(answer), flush=True)
"""


def worker(program: str, folder: Path) -> Worker:
    command = (sys.executable, "-c", program)
    return Worker(Contestant("anybody", command, {"word": "first"}), folder / "log")


def test_one_process_answers_several_requests_and_settings_can_be_changed(tmp_path: Path) -> None:
    asked = worker(ANSWERING, tmp_path)
    try:
        first, second = asked.ask(REQUEST, 30), asked.ask(REQUEST, 30, word="second")
    finally:
        asked.close()

    assert (first.seconds, first.equal, first.error) == (0.5, False, None)
    assert first.found == (Found("extra", ("first",)),)
    assert second.found == (Found("extra", ("second",)),)
    assert first.peak_megabytes > 1


def test_a_process_that_ends_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    asked = worker("import sys; sys.exit('out of luck')", tmp_path)

    assert asked.ask(REQUEST, 30) == Answer(error="the process ended: out of luck")


def test_a_process_that_takes_too_long_is_ended_and_the_next_request_starts_anew(
    tmp_path: Path,
) -> None:
    once = tmp_path / "once"
    program = f"""
import pathlib, threading
once = pathlib.Path({str(once)!r})
if not once.exists():
    once.touch()
    threading.Event().wait()
{ANSWERING}"""
    asked = worker(program, tmp_path)
    try:
        answers = [asked.ask(REQUEST, 0.5).error, asked.ask(REQUEST, 30).error]
    finally:
        asked.close()

    assert answers == ["no verdict in 0.5 seconds", None]
