"""Packages are deterministic, complete and portable."""

import os
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from shared import packaging
from shared.packaging import PackagingError, build, collect, resolve

Install = Callable[..., None]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout with one function, `example`, that needs nothing."""
    files = {
        "functions/__init__.py": "",
        "functions/runtime/__init__.py": "",
        "functions/runtime/shared_code.py": "SHARED = 1\n",
        "functions/runtime/__pycache__/shared_code.cpython-311.pyc": "compiled",
        "functions/example/__init__.py": "",
        "functions/example/handler.py": "def handler(event, context): return event\n",
        "functions/example/query.sql": "SELECT 1\n",
        "functions/example/requirements.txt": "# nothing\n",
        "functions/other/handler.py": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.setattr(packaging, "CHECKOUT", tmp_path)
    monkeypatch.setattr(packaging, "FUNCTIONS", tmp_path / "functions")
    monkeypatch.setattr(packaging, "BUILD", tmp_path / "build" / "functions")
    return tmp_path


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs a made-up distribution."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    # What one test installs, another one must not find.
    monkeypatch.setattr(packaging, "find_distribution", metadata.distribution)

    def write(
        name: str,
        *,
        requires: tuple[str, ...] = (),
        pure: bool = True,
        files: dict[str, str] | None = None,
    ) -> None:
        information = f"{name}-1.0.dist-info"
        content = {
            f"{name}.py": f"NAME = {name!r}\n",
            f"{information}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: {str(pure).lower()}\n",
            f"{information}/METADATA": "Metadata-Version: 2.1\n"
            + f"Name: {name}\nVersion: 1.0\n"
            + "".join(f"Requires-Dist: {requirement}\n" for requirement in requires),
            f"{information}/INSTALLER": "somebody",
            **(files or {}),
        }
        record = [*content, f"{information}/RECORD", "../../bin/tool", "__pycache__/x.pyc"]
        content[f"{information}/RECORD"] = "".join(f"{path},,\n" for path in record)
        for path, text in content.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)

    return write


def require(checkout: Path, *lines: str) -> None:
    (checkout / "functions/example/requirements.txt").write_text("\n".join(lines) + "\n")


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_a_package_holds_the_function_what_it_shares_and_nothing_else(checkout: Path) -> None:
    package = build("example")
    assert package == checkout / "build/functions/example.zip"
    assert names(package) == [
        "functions/__init__.py",
        "functions/example/__init__.py",
        "functions/example/handler.py",
        "functions/example/query.sql",
        "functions/runtime/__init__.py",
        "functions/runtime/shared_code.py",
    ]


def test_the_same_content_gives_the_same_bytes(checkout: Path) -> None:
    first = build("example").read_bytes()
    build("example").unlink()
    os.utime(checkout / "functions/example/handler.py", (1, 1))
    (checkout / "functions/example/handler.py").chmod(0o755)
    assert build("example").read_bytes() == first


def test_changed_content_gives_another_package(checkout: Path) -> None:
    first = build("example").read_bytes()
    (checkout / "functions/runtime/shared_code.py").write_text("SHARED = 2\n")
    assert build("example").read_bytes() != first


def test_a_renamed_file_gives_another_package(checkout: Path) -> None:
    first = build("example").read_bytes()
    (checkout / "functions/example/query.sql").rename(checkout / "functions/example/query2.sql")
    assert build("example").read_bytes() != first


def test_unchanged_content_is_not_written_again(checkout: Path) -> None:
    before = build("example").stat()
    after = build("example").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_damaged_package_is_replaced(checkout: Path) -> None:
    package = build("example")
    whole = package.read_bytes()
    package.write_bytes(whole[: len(whole) // 2])
    assert build("example").read_bytes() == whole


def test_builds_at_the_same_time_all_find_a_whole_package(checkout: Path) -> None:
    together = threading.Barrier(8)

    def build_together(_: int) -> list[str]:
        together.wait(10)
        return names(build("example"))

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(build_together, range(8)))
    assert all(result == results[0] for result in results)
    assert [path.name for path in (checkout / "build/functions").iterdir()] == ["example.zip"]


def test_distributions_come_with_what_they_require(checkout: Path, install: Install) -> None:
    install("alpha", requires=("beta[fast]", "gamma; sys_platform == 'win32'"))
    install("beta", requires=("delta; extra == 'fast'", "epsilon; extra == 'slow'", "boto3"))
    install("delta", requires=("alpha",))
    require(checkout, "alpha  # the only one named")
    found = {name for name in names(build("example")) if not name.startswith("functions/")}
    assert {"alpha.py", "beta.py", "delta.py", "alpha-1.0.dist-info/METADATA"} <= found
    assert not any(name.startswith(("gamma", "epsilon", "boto3", "../")) for name in found)
    assert not any(name.endswith(("RECORD", "INSTALLER", ".pyc", "tool")) for name in found)


def test_an_extra_asked_for_later_is_still_followed(install: Install) -> None:
    install("alpha", requires=("delta; extra == 'fast'",))
    install("beta", requires=("alpha[fast]",))
    install("delta")
    assert list(resolve([Requirement("alpha"), Requirement("beta")])) == ["alpha", "beta", "delta"]


def test_what_lambda_provides_is_left_out() -> None:
    assert resolve([Requirement("boto3"), Requirement("urllib3")]) == {}


def test_a_distribution_with_machine_code_is_refused_by_name(
    checkout: Path, install: Install
) -> None:
    install("alpha", requires=("compiled",))
    install("compiled", pure=False)
    require(checkout, "alpha")
    with pytest.raises(PackagingError, match=r"^compiled, required by alpha, is not pure Python"):
        build("example")


def test_a_distribution_that_is_not_installed_is_refused_by_name(
    checkout: Path, install: Install
) -> None:
    install("alpha", requires=("absent-distribution",))
    require(checkout, "alpha")
    with pytest.raises(PackagingError, match=r"^absent-distribution, required by alpha, is not in"):
        build("example")


def test_distributions_may_share_a_file_of_the_same_content(
    checkout: Path, install: Install
) -> None:
    install("alpha", files={"common.py": "A = 1"})
    install("beta", files={"common.py": "A = 1"})
    require(checkout, "alpha", "beta")
    assert "common.py" in names(build("example"))


def test_a_distribution_that_would_replace_the_function_is_refused(
    checkout: Path, install: Install
) -> None:
    install("thief", files={"functions/example/handler.py": "stolen"})
    require(checkout, "thief")
    with pytest.raises(PackagingError, match=r"thief and .* both have .*handler\.py"):
        build("example")


@pytest.mark.parametrize("line", ["alpha==1.0", "alpha>=1", "alpha @ https://example.invalid/a"])
def test_a_pin_in_requirements_is_refused(checkout: Path, line: str) -> None:
    require(checkout, line)
    with pytest.raises(PackagingError, match="the lock file pins"):
        build("example")


def test_a_line_that_is_no_requirement_is_refused(checkout: Path) -> None:
    require(checkout, "-r other.txt")
    with pytest.raises(PackagingError, match=r"requirements\.txt"):
        build("example")


def test_a_function_that_does_not_exist_is_refused(checkout: Path) -> None:
    with pytest.raises(PackagingError, match="there is no function absent"):
        build("absent")


def test_a_function_without_requirements_is_refused(checkout: Path) -> None:
    with pytest.raises(PackagingError, match=r"other has no requirements\.txt"):
        build("other")


@pytest.mark.parametrize("function", ["payments", "authorizer"])
def test_the_real_functions_are_portable_and_small_enough(function: str) -> None:
    entries = collect(function)
    assert f"functions/{function}/handler.py" in entries
    assert not any(name.endswith((".so", ".pyd", ".dylib", ".pyc")) for name in entries)
    assert not any(name.startswith(("boto3/", "botocore/", "tests/")) for name in entries)
    # AWS "Lambda quotas": 50 MB zipped for a direct upload; far below it is where cold starts are.
    assert sum(map(len, entries.values())) < 8_000_000
