"""Reading histories."""

from datetime import timedelta

from migration.history import Answer, Visit, answers, scheduled_parameters, visits
from tests.migration.events import BEGIN, History


def test_a_visit_is_from_entering_to_leaving() -> None:
    history = History().enter("Preflight").answer({}).leave("Preflight")

    [visit] = visits(history.events)

    assert visit == Visit("Preflight", BEGIN + timedelta(seconds=1), BEGIN + timedelta(seconds=3))
    assert visit.seconds == 2.0


def test_a_state_that_was_not_left_lasts() -> None:
    history = History().enter("Preflight").leave("Preflight").enter("Cutover")

    assert [(visit.state, visit.seconds) for visit in visits(history.events)] == [
        ("Preflight", 1.0),
        ("Cutover", None),
    ]


def test_each_round_of_a_loop_is_a_visit_of_its_own() -> None:
    history = History()
    for _ in range(3):
        history.enter("Wait", "Wait").leave("Wait", "Wait").enter("Look").leave("Look")

    assert [visit.state for visit in visits(history.events)] == ["Wait", "Look"] * 3
    assert all(visit.seconds == 1.0 for visit in visits(history.events))


def test_the_order_is_that_of_the_events_numbers_not_of_the_answer() -> None:
    history = History().enter("First").leave("First").enter("Second").leave("Second")

    found = visits(list(reversed(history.events)))

    assert [visit.state for visit in found] == ["First", "Second"]
    assert all(visit.seconds == 1.0 for visit in found)


def test_answers_are_taken_out_of_what_the_lambda_integration_wraps_them_in() -> None:
    history = (
        History()
        .enter("Cutover")
        .answer({"StatusCode": 200, "Payload": {"outcome": "cut_over"}})
        .enter("Describe")
        .answer({"ReplicationTasks": []})
    )

    assert list(answers(history.events)) == [
        Answer("Cutover", {"outcome": "cut_over"}),
        Answer("Describe", {"ReplicationTasks": []}),
    ]


def test_an_answer_that_is_no_json_is_passed_over() -> None:
    history = History().enter("Odd")
    history.add("TaskSucceeded", taskSucceededEventDetails={"output": "not JSON"})

    assert list(answers(history.events)) == []


def test_the_parameters_that_a_state_scheduled_last_are_found() -> None:
    history = (
        History()
        .enter("RequestApproval")
        .schedule({"token": "first"})
        .schedule({"token": "second"})
        .enter("Other")
        .schedule({"token": "another state's"})
    )

    assert scheduled_parameters(history.events, "RequestApproval") == {"token": "second"}
    assert scheduled_parameters(history.events, "Absent") is None
