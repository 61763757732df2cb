"""Several words after a verb."""

import pytest

from tooling.arguments import join_positionals

TASKS = {"deploy", "deploy-all", "status"}


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        (["deploy", "edge"], ["deploy", "edge"]),
        (["deploy", "edge", "data"], ["deploy", "edge,data"]),
        (["deploy", "a", "b", "--environment", "x"], ["deploy", "a,b", "--environment", "x"]),
        (["deploy", "a", "b", "status"], ["deploy", "a,b", "status"]),
        (["deploy", "--help"], ["deploy", "", "--help"]),
        (["deploy"], ["deploy", ""]),
        (["deploy-all"], ["deploy-all"]),
        (["deploy", "--yes", "a", "b"], ["deploy", "a,b", "--yes"]),
        (["deploy", "--report", "r", "a"], ["deploy", "a", "--report", "r"]),
        (["deploy", "--report=r", "a"], ["deploy", "a", "--report=r"]),
        (
            ["deploy", "a", "--report", "r", "b", "status"],
            ["deploy", "a,b", "--report", "r", "status"],
        ),
        (["deploy", "--report", "status", "a"], ["deploy", "a", "--report", "status"]),
        (["deploy", "a", "deploy", "b"], ["deploy", "a", "deploy", "b"]),
        (["deploy", "a", "--report"], ["deploy", "a", "--report"]),
        (["bench", "deploy"], ["bench", "deploy"]),
        (["bench", "deploy", "deploy", "a", "b"], ["bench", "deploy", "deploy", "a,b"]),
    ],
)
def test_words_after_a_verb_are_joined(given: list[str], joined: list[str]) -> None:
    join_positionals(given, {"deploy"}, TASKS, {"--yes", "--help"}, takers={"bench"})

    assert given == joined
