"""Which layers a change touches, asked of a real git repository."""

from pathlib import Path

import pytest

from deploy.affected import affected, reasons
from deploy.errors import UsageError
from deploy.git import changed_since, commit
from deploy.inputs import LayerInputs
from tests.deploy import repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    repository.make(tmp_path)
    repository.commit(tmp_path)
    return tmp_path


def _reasons(root: Path, reference: str = "HEAD") -> dict[str, str]:
    changed = changed_since(root, reference)
    inputs = LayerInputs(
        "local", root=root, deleted=changed.deleted, contracts=repository.CONTRACTS
    )
    return reasons(affected(repository.CONTRACTS, changed, inputs))


def test_without_a_change_no_layer_is_affected(root: Path) -> None:
    assert _reasons(root) == {}


def test_a_committed_change_is_told_with_the_way_it_takes(root: Path) -> None:
    repository.write(root, "shared/naming.py", "changed")
    repository.commit(root)

    found = _reasons(root, "HEAD~1")

    way = "shared/naming.py ← shared/tags.py ← stacks/base/__main__.py"
    assert found == {"base": way}


def test_an_uncommitted_change_counts_and_is_called_so(root: Path) -> None:
    repository.write(root, "stacks/top/table.json", "[]")

    assert _reasons(root) == {"top": "stacks/top/table.json (uncommitted)"}


def test_a_staged_change_counts(root: Path) -> None:
    repository.write(root, "stacks/top/table.json", "[]")
    repository.git(root, "add", "--all")

    assert list(_reasons(root)) == ["top"]


def test_a_new_file_that_git_does_not_know_counts(root: Path) -> None:
    repository.write(root, "stacks/top/new.py", "")

    assert _reasons(root) == {"top": "stacks/top/new.py (uncommitted)"}


def test_an_ignored_file_does_not_count(root: Path) -> None:
    repository.write(root, ".gitignore", "*.zip\n")
    repository.commit(root)
    repository.write(root, "stacks/top/build.zip", "")

    assert _reasons(root) == {}


def test_a_deleted_file_affects_the_layer_that_still_imports_it(root: Path) -> None:
    (root / "shared/naming.py").unlink()

    assert _reasons(root) == {
        "base": "shared/naming.py (deleted, uncommitted) ← shared/tags.py ← stacks/base/__main__.py"
    }


def test_a_change_of_notes_affects_nothing(root: Path) -> None:
    repository.write(root, "stacks/base/README.md", "changed")
    repository.write(root, "docs/index.md", "changed")

    assert _reasons(root) == {}


def test_a_name_with_blanks_and_umlauts_is_read_as_it_is(root: Path) -> None:
    repository.write(root, "stacks/top/größe der tabelle.json", "{}")

    assert _reasons(root) == {"top": "stacks/top/größe der tabelle.json (uncommitted)"}


def test_many_changes_are_summed_up(root: Path) -> None:
    for number in range(5):
        repository.write(root, f"stacks/top/{number}.json", "{}")

    assert _reasons(root)["top"].endswith("; and 2 more")


def test_an_unknown_reference_is_refused_with_what_to_give(root: Path) -> None:
    with pytest.raises(UsageError, match="give a branch, a tag or a commit"):
        changed_since(root, "no-such-branch")


def test_a_reference_that_looks_like_an_option_is_only_a_reference(root: Path) -> None:
    file = root / "written"
    with pytest.raises(UsageError, match="cannot compare"):
        changed_since(root, f"--output={file}")
    assert not file.exists()


def test_outside_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a git repository"):
        changed_since(tmp_path, "HEAD")


def test_the_commit_tells_whether_files_differ_from_it(root: Path) -> None:
    clean = commit(root)
    repository.write(root, "new.txt", "")
    dirty = commit(root)

    assert clean is not None
    assert dirty is not None
    assert (clean.dirty, dirty.dirty) == (False, True)
    assert clean.sha == dirty.sha


def test_without_git_there_is_no_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) is None
