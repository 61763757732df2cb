"""A laptop cloud of the tests' own, and what its tests need of it."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config

from localcloud.control import CloudInfo, LaptopCloud

T = TypeVar("T")


@pytest.fixture(scope="session")
def laptop_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LaptopCloud]:
    """The one laptop cloud, with a home of its own, that all tests share which do not end it."""
    laptop_cloud = LaptopCloud(tmp_path_factory.mktemp("laptop-cloud"))
    try:
        yield laptop_cloud
    finally:
        laptop_cloud.stop()


@pytest.fixture(scope="session")
def cloud(laptop_cloud: LaptopCloud) -> CloudInfo:
    """Where the shared daemon listens."""
    return laptop_cloud.start()


@pytest.fixture
def client(cloud: CloudInfo) -> Callable[[str], Any]:
    """Returns boto3 clients of the cloud."""
    return lambda service: make_client(cloud, service)


def make_client(cloud: CloudInfo, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]  # the stubs want a literal
        endpoint_url=cloud.endpoint_url,
        region_name=cloud.region,
        aws_access_key_id=cloud.access_key_id,
        aws_secret_access_key=cloud.secret_access_key,
        config=Config(retries={"max_attempts": 1}),
    )


def eventually(check: Callable[[], T], seconds: float = 60.0) -> T:
    """Return the first true result of `check`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        assert time.monotonic() < deadline, f"still {result!r} after {seconds} s"
        time.sleep(0.02)


def zip_of(files: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        for name, text in files.items():
            entries.writestr(name, text)
    return archive.getvalue()


@pytest.fixture
def role(client: Callable[[str], Any]) -> str:
    """The ARN of a role that functions and state machines may assume."""
    iam = client("iam")
    try:
        return str(iam.get_role(RoleName="role-tests")["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(RoleName="role-tests", AssumeRolePolicyDocument="{}")
        return str(made["Role"]["Arn"])
