"""What a cloud answers whose extensions do not fit moto: nothing, and why."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localcloud import settings

PROGRAM = """
import json, socket, sys, types
from pathlib import Path
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from localcloud import settings
from localcloud.cloud.cloud import Cloud
from localcloud.cloud.server import CloudServer
def broken():
    raise AttributeError("SQSBackend has no receive_message")

# Not imported here: that would load the module of moto that it is to wait for.
sys.modules[sys.argv[2]] = types.SimpleNamespace(install=broken)
with socket.create_server(("127.0.0.1", 0)) as listener:
    server = CloudServer(listener)
    cloud = Cloud(Path(sys.argv[1]), "identity", "local", server)
    cloud.start()

    def call(service, action, **arguments):
        client = boto3.client(
            service,
            endpoint_url=server.endpoint_url,
            region_name=settings.REGION,
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            getattr(client, action)(**arguments)
        except ClientError as error:
            return error.response["Error"]
        return None

    calls = [("sts", "get_caller_identity"), ("sqs", "list_queues"), ("ec2", "describe_vpcs"),
             ("sqs", "list_queues"), ("sts", "get_caller_identity"),
             ("rds", "describe_db_clusters"), ("stepfunctions", "list_state_machines"),
             ("s3", "list_buckets")]
    print(json.dumps([call(service, action) for service, action in calls]))
    cloud.stop()
    server.stop()
"""


@pytest.mark.parametrize(
    ("broken", "first", "module"),
    [
        ("localcloud.cloud.queues.extension", 1, "moto.sqs.models"),
        ("localcloud.cloud.repairs.networks", 2, "a service of moto"),
    ],
)
def test_after_an_extension_failed_nothing_is_answered_by_stock_moto(
    tmp_path: Path, broken: str, first: int, module: str
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), broken],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path.cwd()),
            "AWS_ACCESS_KEY_ID": settings.ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": settings.SECRET_ACCESS_KEY,
        },
    )
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, Any] | None] = json.loads(ran.stdout)
    assert answers[:first] == [None] * first
    for error in answers[first:]:
        assert error is not None
        assert error["Code"] == "LaptopCloudError"
        assert f"extension of {module} cannot be installed" in error["Message"]
        assert "SQSBackend has no receive_message" in error["Message"]
