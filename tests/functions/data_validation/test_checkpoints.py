"""Documents of a run: whole or not at all, and never over somebody else's."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from functions.data_validation.checkpoints import (
    ITEMS,
    PLAN,
    REPORT,
    CheckpointConflictError,
    CheckpointUnavailableError,
    FolderStore,
    S3Store,
    Store,
    item,
)
from functions.data_validation.errors import CheckpointError

# Writes a large document over and over, until it is killed.
WRITER = """
import pathlib, sys
from functions.data_validation.checkpoints import FolderStore
store = FolderStore(pathlib.Path(sys.argv[1]))
number = 0
while True:
    number += 1
    store.save("plan.json", {"numbers": [number] * 20_000})
    print(number, flush=True)
"""


@pytest.fixture
def bucket(aws: None) -> str:
    """A bucket of the test's own."""
    name = f"bucket-{uuid4().hex}"
    boto3.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
    )
    return name


@pytest.fixture
def in_bucket(bucket: str) -> Callable[[], S3Store]:
    """Makes stores of the same run, as two invocations do."""
    return lambda: S3Store(boto3.client("s3"), bucket, "validation/a-run")


@pytest.fixture(params=["folder", "bucket"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Makes stores of the same run, of each kind."""
    if request.param == "folder":
        return lambda: FolderStore(tmp_path / "a-run")
    make: Callable[[], Store] = request.getfixturevalue("in_bucket")
    return make


def test_a_document_is_there_for_the_next_process(make_store: Callable[[], Store]) -> None:
    document = {"text": 'é "quoted"', "numbers": [1, 2.5, None], "deep": {"empty": []}}

    make_store().save(item(12), document)

    assert make_store().load(item(12)) == document


def test_what_was_never_saved_is_none(make_store: Callable[[], Store]) -> None:
    store = make_store()

    assert store.load(PLAN) is None
    assert store.names() == ()


def test_a_document_is_replaced_whole(make_store: Callable[[], Store]) -> None:
    store = make_store()

    store.save(PLAN, {"first": "a" * 1000})
    store.save(PLAN, {"second": 2})

    assert store.load(PLAN) == {"second": 2}


def test_names_are_all_documents_in_order(make_store: Callable[[], Store]) -> None:
    store = make_store()

    for name in (REPORT, PLAN, item(2), item(10)):
        store.save(name, {})

    assert store.names() == ("items/10.json", "items/2.json", "plan.json", "report.json")


@pytest.mark.parametrize(
    "name", ["../plan.json", "/plan.json", "plan", "a//b.json", "", "a b.json"]
)
def test_a_name_that_leaves_the_run_is_refused(make_store: Callable[[], Store], name: str) -> None:
    with pytest.raises(CheckpointError, match="no name of a checkpoint"):
        make_store().save(name, {})


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_content_that_is_no_document_is_an_error_not_a_fresh_start(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / PLAN).write_text(content, encoding="utf-8")

    with pytest.raises(CheckpointError, match=PLAN):
        FolderStore(tmp_path).load(PLAN)


def test_a_writer_that_is_killed_leaves_a_whole_document(tmp_path: Path) -> None:
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            written = [int(writer.stdout.readline()) for _ in range(3)]
            writer.kill()

        document = FolderStore(tmp_path).load(PLAN)

        assert document is not None
        assert len(document["numbers"]) == 20_000
        assert document["numbers"][0] >= written[-1]
        assert FolderStore(tmp_path).names() == (PLAN,)


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(CheckpointUnavailableError, match="cannot be written"):
        FolderStore(tmp_path / "file").save(PLAN, {})


def test_an_executor_that_was_overtaken_learns_it_with_its_next_write(
    in_bucket: Callable[[], S3Store],
) -> None:
    earlier, later = in_bucket(), in_bucket()
    earlier.save(item(0), {"rows": 1})
    assert later.load(item(0)) == {"rows": 1}
    later.save(item(0), {"rows": 2})

    with pytest.raises(CheckpointConflictError, match="another executor"):
        earlier.save(item(0), {"rows": 9})

    assert later.load(item(0)) == {"rows": 2}
    later.save(item(0), {"rows": 3})


def test_of_two_that_begin_only_one_does(in_bucket: Callable[[], S3Store]) -> None:
    one, other = in_bucket(), in_bucket()
    assert one.load(PLAN) is None
    assert other.load(PLAN) is None
    one.save(PLAN, {"by": "one"})

    with pytest.raises(CheckpointConflictError):
        other.save(PLAN, {"by": "other"})


def test_runs_do_not_see_each_other(bucket: str) -> None:
    client = boto3.client("s3")
    S3Store(client, bucket, "validation/a-run-2").save(PLAN, {"run": 2})
    store = S3Store(client, bucket, "validation/a-run")

    assert store.load(PLAN) is None
    assert store.names() == ()


def test_a_bucket_that_does_not_answer_is_unavailable_and_named(aws: None) -> None:
    store = S3Store(boto3.client("s3"), f"absent-{uuid4().hex}", "validation/a-run")

    for call in (lambda: store.load(PLAN), lambda: store.save(PLAN, {}), store.names):
        with pytest.raises(CheckpointUnavailableError, match=r"absent-\w+/.*NoSuchBucket"):
            call()


def test_items_are_the_array_that_a_distributed_map_reads(
    in_bucket: Callable[[], S3Store], bucket: str
) -> None:
    key = in_bucket().write_items(3)
    answer: Any = boto3.client("s3").get_object(Bucket=bucket, Key=key)

    assert key == f"validation/a-run/{ITEMS}"
    assert json.load(answer["Body"]) == [{"item": 0}, {"item": 1}, {"item": 2}]


def test_where_a_document_is_can_be_told(in_bucket: Callable[[], S3Store], bucket: str) -> None:
    location = in_bucket().location(REPORT)

    assert location == {"bucket": bucket, "key": "validation/a-run/report.json"}
