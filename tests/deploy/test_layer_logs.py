"""Log files of layers, and what is kept of events."""

from pathlib import Path

from deploy.events import Diagnostic, Operation, Phase, ResourceEvent
from deploy.events_kept import KeptEvents
from deploy.layer_logs import KEPT_RUNS, LayerLogs, run_name


def _event(operation: Operation, phase: Phase, message: str = "") -> ResourceEvent:
    return ResourceEvent(
        f"urn:{operation}", "aws:ec2/vpc:Vpc", "vpc", operation, phase, (), message
    )


def test_everything_said_of_a_layer_is_in_its_file(tmp_path: Path) -> None:
    with LayerLogs(tmp_path, "run") as logs:
        logs.event("base", Diagnostic("info", "what the program printed"))
        logs.event("base", _event(Operation.SAME, Phase.FINISHED))
        logs.event("top", _event(Operation.CREATE, Phase.FAILED, "too many"))

    lines = [line.partition(" ")[2] for line in logs.tail("base", 10)]
    assert lines == ["info     what the program printed", "finished same vpc (aws:ec2/vpc:Vpc)"]
    assert (
        logs.file("top").read_text().endswith("failed   create vpc (aws:ec2/vpc:Vpc): too many\n")
    )
    assert logs.file("top") == tmp_path / "logs" / "runs" / "run" / "top.log"


def test_errors_that_no_event_told_of_are_in_the_log_once(tmp_path: Path) -> None:
    with LayerLogs(tmp_path, "run") as logs:
        logs.event("base", _event(Operation.CREATE, Phase.FAILED, "too many"))
        logs.errors("base", ["too many", "memorySize: 64 is less than 128\nat edge"])

    text = logs.file("base").read_text()
    assert text.count("too many") == 1
    assert "error    memorySize: 64 is less than 128\nat edge\n" in text


def test_a_layer_that_said_nothing_has_no_log(tmp_path: Path) -> None:
    with LayerLogs(tmp_path, "run") as logs:
        assert logs.tail("base", 10) == []


def test_the_last_runs_are_kept_and_older_ones_removed(tmp_path: Path) -> None:
    for number in range(KEPT_RUNS + 3):
        with LayerLogs(tmp_path, f"{number:03d}"):
            pass

    kept = sorted(path.name for path in (tmp_path / "logs" / "runs").iterdir())
    assert len(kept) == KEPT_RUNS
    assert kept[0] == "003"


def test_runs_sort_by_the_time_of_their_beginning() -> None:
    assert run_name("b") < run_name("a") or run_name("b")[:19] == run_name("a")[:19]


def test_changes_are_kept_without_what_did_nothing() -> None:
    kept = KeptEvents()
    for operation in (Operation.CREATE, Operation.SAME, Operation.READ):
        kept.event("base", _event(operation, Phase.STARTED))
        kept.event("base", _event(operation, Phase.FINISHED))

    assert [event.operation for event in kept.changes("base")] == [Operation.CREATE]
    assert kept.under_way() == {}


def test_what_has_begun_and_not_ended_is_under_way() -> None:
    kept = KeptEvents()
    kept.event("base", _event(Operation.CREATE, Phase.STARTED))
    kept.event("base", _event(Operation.READ, Phase.STARTED))
    kept.event("top", _event(Operation.DELETE, Phase.STARTED))
    kept.event("top", _event(Operation.DELETE, Phase.FAILED))

    assert {layer: [e.operation for e in found] for layer, found in kept.under_way().items()} == {
        "base": [Operation.CREATE]
    }
