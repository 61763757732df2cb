"""The function's package stands alone: what its modules import is in it, or in Lambda's runtime."""

import subprocess
import sys
import zipfile
from pathlib import Path

from shared.packaging import build

IMPORTS = """
import sys
sys.path.insert(0, sys.argv[1])
from functions.preflight import handler
from functions.preflight.registry import CHECKS
assert handler.__file__.startswith(sys.argv[1]), handler.__file__
foreign = {"pulumi", "shared", "deploy", "localcloud", "psycopg"} & sys.modules.keys()
print(len(CHECKS), sorted(foreign))
"""


def test_the_package_is_imported_from_its_own_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(build("preflight")) as archive:
        archive.extractall(tmp_path)
        used = {name.split("/")[1] for name in archive.namelist() if name.startswith("functions/")}
    assert used == {"__init__.py", "preflight", "runtime"}
    command = [sys.executable, "-I", "-c", IMPORTS, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    number, foreign = result.stdout.split(maxsplit=1)
    assert int(number) > 0
    assert foreign.strip() == "[]"
