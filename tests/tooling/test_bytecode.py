"""Where compiled modules are kept."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tooling.checkout import REPOSITORY

PROGRAM = """
import sys
from pathlib import Path
sys.dont_write_bytecode = True  # as invoke does
from tooling.bytecode import keep_compiled_modules
keep_compiled_modules(Path(sys.argv[1]))
import subprocess
import module_of_the_test
subprocess.run([sys.executable, "-c", "import other_of_the_test"], check=True)
"""
SOURCES = ("module_of_the_test", "other_of_the_test")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "beside"),
        ({"PYTHONDONTWRITEBYTECODE": "1"}, "kept"),
        ({"PYTHONPYCACHEPREFIX": "named"}, "named"),
        ({"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "named"}, "named"),
    ],
)
def test_compiled_modules_are_kept_and_never_beside_sources_where_forbidden(
    tmp_path: Path, variables: Mapping[str, str], expected: str
) -> None:
    places = {name: tmp_path / name for name in ("beside", "kept", "named")}
    places["beside"].mkdir()
    for name in SOURCES:
        (places["beside"] / f"{name}.py").touch()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = f"{REPOSITORY}{os.pathsep}{places['beside']}"
    named = {
        name: value.replace("named", str(places["named"])) for name, value in variables.items()
    }

    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(places["kept"])], env=environment | named, check=True
    )

    found = {
        place: sorted(path.name.partition(".")[0] for path in folder.rglob("*_of_the_test*.pyc"))
        for place, folder in places.items()
    }
    assert found == {place: list(SOURCES) if place == expected else [] for place in places}
