"""Compiled modules are kept, though invoke wants none, and where the environment wants none too.

Importing pulumi_aws from source takes seconds; compiled, a fraction. invoke stops Python from
writing compiled modules unless it gets `--write-pyc`. Where `PYTHONDONTWRITEBYTECODE` or `-B` asks
for none beside the sources, they go to a folder of the virtual environment instead: it outlives
every laptop cloud, and all checkouts that use the environment share it.
"""

import os
import sys
from pathlib import Path

_VARIABLE = "PYTHONDONTWRITEBYTECODE"
_PREFIX_VARIABLE = "PYTHONPYCACHEPREFIX"


def keep_compiled_modules(folder: Path = Path(sys.prefix) / "pycache") -> None:
    """Keep compiled modules, in this process and in those that it starts.

    They go beside the sources, as is Python's default; where that is forbidden, to the folder that
    the environment names for them, else under `folder`.
    """
    sys.dont_write_bytecode = False
    if not sys.flags.dont_write_bytecode:
        return
    os.environ.pop(_VARIABLE, None)
    sys.pycache_prefix = sys.pycache_prefix or str(folder)
    os.environ[_PREFIX_VARIABLE] = sys.pycache_prefix
