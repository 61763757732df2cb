"""Which outputs are printed, and what is masked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.commands import outputs as command
from deploy.commands.options import Options
from deploy.engines.embedded import StackState
from deploy.errors import UsageError
from deploy.outputs import MASK
from deploy.recorded import Recorded

NETWORK = {"vpc_id": "vpc-1", "ports": [1, 2], "key": "opens everything"}
STATE = StackState(NETWORK, frozenset({"key"}), 3, (), (), datetime(2026, 4, 1, tzinfo=UTC))


class _Workspace:
    def recorded(self) -> Recorded:
        return Recorded({"network": STATE})


@pytest.fixture
def print_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    @contextmanager
    def opened(target: object, **settings: object) -> Iterator[_Workspace]:
        yield _Workspace()

    monkeypatch.setattr(command, "open_workspace", opened)
    monkeypatch.setattr("deploy.commands.flat_outputs.REPOSITORY", tmp_path)

    def run(*words: str, show_secrets: bool = False) -> str:
        assert command.outputs(Options("outputs", words, show_secrets=show_secrets)) == 0
        return capsys.readouterr().out

    return run


def test_all_outputs_are_flat_with_secrets_masked(print_outputs: Callable[..., str]) -> None:
    assert f'"network.key": "{MASK}"' in print_outputs()
    assert "opens everything" not in print_outputs("network")


def test_secrets_are_shown_when_asked_for_but_never_written(
    print_outputs: Callable[..., str], tmp_path: Path
) -> None:
    assert print_outputs("network.key", show_secrets=True) == "opens everything\n"

    written = (tmp_path / "cfn-outputs" / "flat-outputs.json").read_text()
    assert "opens everything" not in written


def test_a_text_is_printed_as_it_is_and_anything_else_as_json(
    print_outputs: Callable[..., str],
) -> None:
    assert print_outputs("network.vpc_id") == "vpc-1\n"
    assert print_outputs("network.ports") == "[\n  1,\n  2\n]\n"


def test_a_layer_that_is_not_deployed_is_told_with_the_command(
    print_outputs: Callable[..., str],
) -> None:
    with pytest.raises(UsageError, match="next: invoke deploy edge"):
        print_outputs("edge")


def test_two_words_are_one_too_many(print_outputs: Callable[..., str]) -> None:
    with pytest.raises(UsageError, match=r"next: invoke outputs network\.vpc_id"):
        print_outputs("network", "vpc_id")
