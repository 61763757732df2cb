"""A small repository with layers, made by tests that look at files and git."""

import subprocess
from pathlib import Path

FILES = {
    "stacks/base/__main__.py": "from shared import tags\n",
    "stacks/base/Pulumi.yaml": "name: base\n",
    "stacks/base/Pulumi.local.yaml": "config: {}\n",
    "stacks/base/Pulumi.prod.yaml": "config: {}\n",
    "stacks/base/README.md": "# base\n",
    "stacks/top/__main__.py": (
        "from shared.contracts import BaseOutputs\nfrom stacks.top.lambdas import config\n"
    ),
    "stacks/top/lambdas.py": 'config = Function(package="payments")\n',
    "stacks/top/table.json": "{}\n",
    "shared/__init__.py": "",
    "shared/tags.py": "from shared import naming\n",
    "shared/naming.py": "",
    "shared/unused.py": "",
    "shared/contracts/__init__.py": (
        "from shared.contracts.base import BaseOutputs\n"
        "from shared.contracts.top import TopOutputs\n"
    ),
    "shared/contracts/base.py": "class BaseOutputs: ...\n",
    "shared/contracts/top.py": "class TopOutputs: ...\n",
    "functions/__init__.py": "",
    "functions/runtime/log.py": "",
    "functions/payments/handler.py": "",
    "functions/payments/requirements.txt": "",
    "functions/other/handler.py": "",
    "uv.toml": "",
    "docs/index.md": "",
}
CONTRACTS = {"base": ("base",), "top": ("top", "base")}


def make(root: Path) -> Path:
    """Write the repository's files."""
    for name, text in FILES.items():
        write(root, name, text)
    return root


def write(root: Path, name: str, text: str) -> None:
    """Write one file, with the folders around it."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def git(root: Path, *arguments: str) -> None:
    """Run git with a name and without anyone's settings."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@invalid", "-c", "commit.gpgsign=0"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    """Commit every file, in a new repository if there is none."""
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "all")
