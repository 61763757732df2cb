"""Program processes: started cold and warm, several at once, and ended with their children."""

import re
import signal
from pathlib import Path

import psutil
import pulumi_aws
import pytest

from deploy.errors import EngineError
from deploy.programs import ColdLauncher, WarmLauncher
from deploy.programs.launchers import DEFAULT_PRELOAD, ProgramRequest
from tests.deploy.engines.embedded.scenario import PROGRAMS, Scenario, wait_until


def _request(folder: Path) -> ProgramRequest:
    settings = {"project": "p", "stack": "s", "parallel": 1, "dry_run": False}
    return ProgramRequest(folder, folder, settings, {})


def test_a_cold_launcher_runs_programs_too(scenario: Scenario) -> None:
    scenario.launcher = ColdLauncher()
    run = scenario.up('Thing("a")\nprint("hello")')
    assert run.result.ok, run.result.errors
    assert "hello" in run.lines()


def test_a_program_sees_its_own_folder_and_nothing_of_the_engine(scenario: Scenario) -> None:
    scenario.write(
        """
        import sys, neighbour, os
        engine = [m for m in sys.modules if m.startswith(("deploy", "zygote"))]
        pulumi.export("engine", engine)
        pulumi.export("neighbour", neighbour.VALUE)
        pulumi.export("folder", os.getcwd())
        pulumi.export("variable", os.environ["GREETING"])
        pulumi.export("leader", os.getpid() == os.getsid(0))
        """
    )
    (scenario.directory / "neighbour.py").write_text("VALUE = 5\n")
    scenario.environ = {"GREETING": "hi"}
    assert scenario.up().result.outputs == {
        "engine": [],
        "neighbour": 5,
        "folder": str(scenario.directory),
        "variable": "hi",
        "leader": True,
    }


def test_a_program_does_not_inherit_what_another_left_behind(scenario: Scenario) -> None:
    scenario.up("import sys, os\nsys.leftover = 1\nos.environ['LEFTOVER'] = '1'")
    run = scenario.up(
        "import sys, os\n"
        "pulumi.export('left', hasattr(sys, 'leftover') or 'LEFTOVER' in os.environ)"
    )
    assert run.result.outputs == {"left": False}


def test_a_program_that_cannot_be_parsed_is_told_by_its_line_alone(scenario: Scenario) -> None:
    run = scenario.up("answer = (1 +\n")
    place = rf'File "{re.escape(str(scenario.directory))}/__main__.py", line \d+\n'
    assert re.search(place + r" *answer = \(1 \+\n *\^\nSyntaxError: ", run.error)
    assert "Traceback" not in run.error
    assert run.error.count('File "') == 1


def test_a_module_that_cannot_be_parsed_is_told_with_who_imports_it(scenario: Scenario) -> None:
    scenario.write("import neighbour\n")
    (scenario.directory / "neighbour.py").write_text("answer = (1 +\n")
    run = scenario.up()
    files = re.findall(r'File "([^"]+)"', run.error)
    assert [Path(file).name for file in files] == ["__main__.py", "neighbour.py"]
    assert "SyntaxError: " in run.error


def test_a_closed_launcher_starts_again_when_used(scenario: Scenario) -> None:
    with WarmLauncher(preload=()) as launcher:
        launcher.close()
        scenario.launcher = launcher
        assert scenario.up('Thing("a")').result.ok


def test_a_warm_process_that_was_killed_is_told(tmp_path: Path) -> None:
    with WarmLauncher(preload=()) as launcher:
        process = launcher._process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises(EngineError, match="start again"):
            launcher.launch(_request(tmp_path), lambda line: None, lambda: None)


def test_killing_a_program_ends_what_it_started(scenario: Scenario) -> None:
    scenario.write(
        """
        import subprocess, time
        print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
        time.sleep(600)
        """
    )
    lines: list[str] = []
    ended: list[bool] = []
    environment = {"PYTHONPATH": str(PROGRAMS)}
    request = ProgramRequest(
        scenario.directory, scenario.directory, _request(scenario.directory).settings, environment
    )
    program = scenario.launcher.launch(request, lines.append, lambda: ended.append(True))
    wait_until(lambda: bool(lines))
    program.kill()
    wait_until(lambda: bool(ended))
    assert program.wait(10) == -9
    wait_until(lambda: not psutil.pid_exists(int(lines[0])))


@pytest.mark.parametrize("name", DEFAULT_PRELOAD)
def test_what_is_preloaded_by_default_exists(name: str) -> None:
    """Looked up in the source: importing it all would take seconds."""
    *module, type_name = name.split(".")[1:]
    file_name = re.sub(r"(?<!^)(?=[A-Z])", "_", type_name).lower() + ".py"
    source = Path(pulumi_aws.__file__).parent.joinpath(*module, file_name)
    assert f"class {type_name}(" in source.read_text()
