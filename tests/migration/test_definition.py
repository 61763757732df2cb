"""What follows a state."""

from migration.definition import END, following

DEFINITION = {
    "States": {
        "Start": {"Type": "Task", "Next": "Loaded"},
        "Loaded": {
            "Type": "Choice",
            "Choices": [{"Next": "TooSlow"}, {"Next": "Validate"}],
            "Default": "Pause",
        },
        "Pause": {"Type": "Wait", "Next": "Start"},
        "Validate": {"Type": "Task", "End": True, "Catch": [{"Next": "Rollback"}]},
        "TooSlow": {"Type": "Pass", "Next": "Rollback"},
        "Rollback": {"Type": "Task", "End": True},
    }
}


def test_choices_and_waits_are_looked_through_and_ways_to_a_failure_left_out() -> None:
    assert following(DEFINITION, "Start") == ("Validate",)


def test_what_catches_errors_is_not_what_comes_next() -> None:
    assert following(DEFINITION, "Validate") == (END,)


def test_a_state_that_the_definition_does_not_have_is_followed_by_nothing() -> None:
    assert following(DEFINITION, "Elsewhere") == ()
