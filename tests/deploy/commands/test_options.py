"""What was typed, and asking before something is changed."""

import io
from pathlib import Path

import pytest

from deploy.commands.options import Options
from deploy.confirm import Question
from deploy.errors import UsageError


class Terminal(io.StringIO):
    """A standard input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_no_words_is_everything_where_the_task_takes_none() -> None:
    assert Options("deploy-all").wanted.layers is None


def test_no_words_is_nothing_where_it_takes_some() -> None:
    assert Options("deploy", ()).wanted.layers == ()


def test_affected_alone_is_among_all_layers() -> None:
    assert Options("deploy", (), affected="main").wanted.layers is None
    assert Options("deploy", ("edge",), affected="main").wanted.layers == ("edge",)


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5", ""])
def test_the_number_of_layers_side_by_side_is_a_whole_one_above_0(given: str) -> None:
    with pytest.raises(UsageError, match="whole number"):
        _ = Options("deploy-all", parallel=given).workers


def test_a_report_is_refused_where_it_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the report"):
        _ = Options("deploy-all", junit=str(tmp_path / "no" / "out.xml")).junit_file


def test_the_command_can_be_typed_again() -> None:
    options = Options(
        "destroy",
        ("edge", "data"),
        environment="dev",
        engine="pulumi",
        affected="origin/main",
        with_dependents=True,
        keep_cloud=True,
    )

    assert options.typed() == (
        "invoke destroy edge data --environment dev --engine pulumi --affected origin/main "
        "--with-dependents --keep-cloud"
    )


def test_without_a_terminal_the_question_names_the_command_to_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    with pytest.raises(UsageError, match="next: invoke destroy-all --yes"):
        Question("destroy all", "invoke destroy-all").ask()


@pytest.mark.parametrize(("typed", "expected"), [("yes\n", "yes"), (" prod \n", "prod")])
def test_the_expected_answer_goes_on(
    monkeypatch: pytest.MonkeyPatch, typed: str, expected: str
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    Question("destroy all", "invoke destroy-all", expected).ask()


@pytest.mark.parametrize("typed", ["no\n", "\n", "", "YES\n", "yes\n"])
def test_any_other_answer_changes_nothing(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    with pytest.raises(UsageError, match="nothing was changed"):
        Question("destroy all", "invoke destroy-all", "prod").ask()
