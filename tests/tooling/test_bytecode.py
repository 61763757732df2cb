"""Where compiled modules are kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from pathlib import Path
from tooling.bytecode import keep_compiled_modules
keep_compiled_modules(Path(sys.argv[1]))
import subprocess
import module_of_the_test
subprocess.run([sys.executable, "-c", "import other_of_the_test"], check=True)
"""


@pytest.mark.parametrize("forbidden", [True, False])
def test_compiled_modules_are_kept_and_never_beside_sources_where_forbidden(
    tmp_path: Path, forbidden: bool
) -> None:
    sources, cache = tmp_path / "sources", tmp_path / "cache"
    sources.mkdir()
    for name in ("module_of_the_test", "other_of_the_test"):
        (sources / f"{name}.py").touch()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = f"{REPOSITORY}{os.pathsep}{sources}"
    if forbidden:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"

    subprocess.run([sys.executable, "-c", PROGRAM, str(cache)], env=environment, check=True)

    kept = {path.name.partition(".")[0] for path in cache.rglob("*_of_the_test*.pyc")}
    beside = {path.name.partition(".")[0] for path in sources.rglob("*_of_the_test*.pyc")}
    expected = {"module_of_the_test", "other_of_the_test"}
    assert (kept, beside) == ((expected, set()) if forbidden else (set(), expected))
