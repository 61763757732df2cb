"""One moto server with the repairs, and boto3 clients of it."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from localcloud.cloud import repairs

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    repairs.install()
    repairs.install()  # doing so again changes nothing
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def aws(moto_url: str) -> Iterator[Client]:
    """Make clients; each service's is shared by the session."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = boto3.client(
                service,  # type: ignore[call-overload]  # the stubs want a literal
                endpoint_url=moto_url,
                region_name="ap-southeast-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return made[service]

    yield client
    for each in made.values():
        each.close()


@pytest.fixture
def vpc(aws: Client) -> Iterator[str]:
    """A VPC, deleted with everything that a test left in it."""
    ec2 = aws("ec2")
    vpc_id = str(ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"])
    yield vpc_id
    within = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for group in ec2.describe_security_groups(Filters=within)["SecurityGroups"]:
        if group["GroupName"] != "default":
            ec2.delete_security_group(GroupId=group["GroupId"])
    for subnet in ec2.describe_subnets(Filters=within)["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc_id)


@pytest.fixture
def subnets(aws: Client, vpc: str) -> list[str]:
    ec2 = aws("ec2")
    return [
        str(ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{n}.0/24")["Subnet"]["SubnetId"])
        for n in range(2)
    ]
