"""The packages that AWS's Python runtime offers to every function, and no others.

A function's zip may leave these out ("Runtime dependencies in Python", AWS Lambda Developer
Guide). Everything else that happens to be installed beside the laptop cloud stays invisible, so
that a dependency missing in a zip fails here as it would on AWS.
"""

import importlib.metadata
from pathlib import Path

DISTRIBUTIONS = (
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
)


def build(folder: Path) -> Path:
    """Fill `folder` with links to the packages of the managed runtime; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DISTRIBUTIONS:
        distribution = importlib.metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}
        for top in tops - {"__pycache__"}:
            link = folder / top
            if not link.is_symlink():
                link.symlink_to(Path(str(distribution.locate_file(top))))
    return folder
