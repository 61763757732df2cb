"""The exit status never says more, or other, than what was found."""

import os
import sys
from pathlib import Path

import pytest

from deploy.errors import CommandError, UsageError
from tests.functions.data_validation.support import Databases
from validation.command import validate
from validation.errors import UnverifiedError
from validation.options import Arguments

pytestmark = pytest.mark.postgres


@pytest.fixture
def urls(databases: Databases) -> tuple[str, str]:
    databases.execute("CREATE TABLE orders AS SELECT 1 AS id; ANALYZE orders")
    return databases.urls


def test_a_report_that_cannot_be_written_does_not_hide_the_result(
    urls: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnverifiedError, match="/dev/full cannot be written") as caught:
        validate(Arguments(*urls, report="/dev/full"))

    assert caught.value.exit_code == 3
    assert "equal: 1 row in 1 table" in capsys.readouterr().out


def test_a_checkpoint_that_fails_midway_is_unverified_and_not_unusable(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "items").symlink_to("/proc")  # where nobody can make a file, root neither

    with pytest.raises(UnverifiedError, match="broke off"):
        validate(Arguments(*urls, checkpoint=str(tmp_path)))


def test_a_checkpoint_that_cannot_be_read_is_unusable(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_text("not JSON")

    with pytest.raises(UsageError, match=r"--checkpoint .*plan\.json is not JSON"):
        validate(Arguments(*urls, checkpoint=str(tmp_path)))


def test_a_writer_given_as_replica_is_unusable(urls: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="no replica"):
        validate(Arguments(*urls, source_replica_url=urls[0]))


def test_one_url_alone_is_refused(urls: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="--target-url is missing: give both URLs"):
        validate(Arguments(source_url=urls[0]))
    with pytest.raises(UsageError, match="--source-url is missing: give both URLs"):
        validate(Arguments(target_url=urls[1]))


def test_a_runs_name_is_for_what_is_deployed(urls: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="--run is for what is deployed"):
        validate(Arguments(*urls, run="a-run"))


def test_a_reader_who_leaves_does_not_change_the_status(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as nobody_reads:
        monkeypatch.setattr(sys, "stdout", nobody_reads)
        assert validate(Arguments(*urls)) == 0


def test_a_full_disk_under_the_output_is_unverified_and_not_different(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(UnverifiedError, match="No space left on device"):
            validate(Arguments(*urls))


def test_one_database_given_twice_is_unusable(urls: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="the same database"):
        validate(Arguments(urls[0], urls[0]))


def test_a_fault_of_the_program_is_unverified_and_not_different(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faulty(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("validation.databases.compare_databases", faulty)

    with pytest.raises(UnverifiedError, match="ZeroDivisionError: a fault"):
        validate(Arguments(*urls))

    assert "Traceback" in capsys.readouterr().err
