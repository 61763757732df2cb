"""Compiled modules are kept, also where the environment wants none beside the sources.

Importing pulumi_aws from source takes seconds; compiled, a fraction. Where PYTHONDONTWRITEBYTECODE
is set, the compiled modules go to the checkout's ignored folder instead.
"""

import os
import sys
from pathlib import Path

_VARIABLE = "PYTHONDONTWRITEBYTECODE"


def keep_compiled_modules(folder: Path) -> None:
    """Keep compiled modules under `folder`, in this process and in those that it starts.

    Does nothing where Python keeps them beside the sources, as it does by default.
    """
    if not sys.dont_write_bytecode:
        return
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(folder)
    os.environ.pop(_VARIABLE, None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)
