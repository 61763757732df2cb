"""Who owns a file: CODEOWNERS patterns, held against what git makes of the same patterns."""

import itertools
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.errors import UsageError
from deploy.layers import layer_graph
from deploy.owners import CodeOwners, owners_of

NAMES = ("a", "b", "ab", "a.b")
PATHS = ["/".join(parts) for depth in (1, 2, 3) for parts in itertools.product(NAMES, repeat=depth)]

SEGMENT = st.sampled_from([*NAMES, "*", "a*", "?", "*.b"])
PATTERN = st.builds(
    lambda anchor, segments, end: f"{anchor}{'/'.join(segments)}{end}",
    st.sampled_from(["", "/", "**/"]),
    st.lists(st.one_of(SEGMENT, st.just("**")), min_size=1, max_size=3),
    st.sampled_from(["", "/", "/**"]),
).filter(lambda pattern: "**/**" not in pattern and not pattern.endswith("/*"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder


def _ignored_by_git(repository: Path, pattern: str) -> set[str]:
    (repository / ".gitignore").write_text(f"{pattern}\n", encoding="utf-8")
    answer = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        cwd=repository,
        input="\n".join(PATHS),
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    return set(answer.stdout.split())


@settings(max_examples=60)
@given(pattern=PATTERN)
def test_a_pattern_matches_the_files_that_git_would_ignore_by_it(
    repository: Path, pattern: str
) -> None:
    owners = CodeOwners.parse(f"{pattern} @team")
    owned = {path for path in PATHS if owners.owners_of(path) == ("@team",)}
    assert owned == _ignored_by_git(repository, pattern)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", ("@all",)),
        ("docs/guide.md", ("@writers", "@reviewers")),
        ("docs/deep/guide.md", ("@all",)),
        ("docs/secret.md", ()),
        ("src/docs/guide.md", ("@all",)),
        ("src/api/main.py", ("@api",)),
        ("src/api/", ("@api",)),
    ],
)
def test_the_last_line_that_matches_decides(path: str, expected: tuple[str, ...]) -> None:
    text = """
    # a comment
    *               @all
    docs/*          @writers @reviewers   # the folder's own files
    docs/secret.md
    /src/api/       @api
    """
    assert CodeOwners.parse(text).owners_of(path) == expected


@pytest.mark.parametrize("pattern", ["!docs/", "file[0-9].txt"])
def test_a_pattern_that_codeowners_lacks_is_refused_with_its_line(pattern: str) -> None:
    with pytest.raises(UsageError, match="line 2"):
        CodeOwners.parse(f"* @all\n{pattern} @team\n")


def test_every_layer_of_this_repository_has_an_owner_of_its_own() -> None:
    owners = [owners_of(f"stacks/{layer}/") for layer in layer_graph().nodes]
    assert all(owners)
    assert len(set(owners)) == len(owners)
    assert owners_of("stacks/data/") == owners_of("stacks/data/__main__.py") == ("@payments/data",)
