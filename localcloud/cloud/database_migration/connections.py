"""TestConnection, DescribeConnections and DeleteConnection: the test really connects.

Source: the operations of these names, AWS DMS API Reference. The words of a failure are those that
DMS shows ("Test Endpoint failed: Application-Status: 1020912, ...") around PostgreSQL's own.
"""

import json
from dataclasses import dataclass

from moto.dms.exceptions import ResourceNotFoundFault
from moto.dms.responses import DatabaseMigrationServiceResponse

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.database_migration import endpoints
from localcloud.cloud.database_migration.certificates import Certificates
from localcloud.cloud.database_migration.filtering import filtered
from localcloud.replication import Server, UnreachableError

Response = DatabaseMigrationServiceResponse

TESTING, SUCCESSFUL, FAILED = "testing", "successful", "failed"

_FAILURE = (
    "Test Endpoint failed: Application-Status: 1020912, Application-Message: Failed to connect "
    "Network error has occurred, Application-Detailed-Message: RetCode: SQL_ERROR SqlState: 08001 "
    "NativeError: 101 Message: "
)
_FILTERS = {"endpoint-arn": "EndpointArn", "replication-instance-arn": "ReplicationInstanceArn"}


@dataclass
class ConnectionTest:
    """The last test between an instance and an endpoint."""

    identifiers: dict[str, str]
    status: str = TESTING
    failure: str = ""

    def describe(self) -> dict[str, str]:
        """Return it as the API shows it."""
        failure = {"LastFailureMessage": self.failure} if self.failure else {}
        return {**self.identifiers, "Status": self.status, **failure}


class Connections:
    """The connections that were tested, by instance and endpoint; used under the cloud's lock."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self._tests: dict[tuple[str, str], ConnectionTest] = {}

    def is_successful(self, instance_arn: str, endpoint_arn: str) -> bool:
        """Return whether the last test succeeded, and nothing was changed since."""
        test = self._tests.get((instance_arn, endpoint_arn))
        return test is not None and test.status == SUCCESSFUL

    def forget(self, arn: str) -> None:
        """Forget the tests of an instance or an endpoint that was changed or deleted."""
        self._tests = {key: test for key, test in self._tests.items() if arn not in key}

    def test(self, response: Response) -> str:
        """Answer TestConnection; the test goes on in the background."""
        body, backend = json.loads(response.body), response.dms_backend
        instance = backend.replication_instances.get(body["ReplicationInstanceArn"])
        if instance is None:
            raise ResourceNotFoundFault("Replication instance could not be found.")
        endpoint = endpoints.find(backend, body["EndpointArn"])
        test = ConnectionTest(
            {
                "ReplicationInstanceArn": instance.arn,
                "ReplicationInstanceIdentifier": instance.id,
                "EndpointArn": endpoint.endpoint_arn,
                "EndpointIdentifier": endpoint.endpoint_identifier,
            }
        )
        self._tests[(instance.arn, endpoint.endpoint_arn)] = test
        answer = json.dumps({"Connection": test.describe()})
        try:
            server = endpoints.server_of(backend, endpoint, self._certificates)
        except UnreachableError as error:
            _finish(test, error)
        else:
            run_in_background("connection test", lambda: _try(test, server))
        return answer

    def describe(self, response: Response) -> str:
        """Answer DescribeConnections."""
        described = [test.describe() for test in self._tests.values()]
        found = filtered(described, json.loads(response.body or "{}"), _FILTERS, dict.get)
        return json.dumps({"Connections": found})

    def delete(self, response: Response) -> str:
        """Answer DeleteConnection."""
        body = json.loads(response.body)
        test = self._tests.pop((body["ReplicationInstanceArn"], body["EndpointArn"]), None)
        if test is None:
            raise ResourceNotFoundFault("Connection could not be found.")
        return json.dumps({"Connection": {**test.describe(), "Status": "deleting"}})


def _try(test: ConnectionTest, server: Server) -> None:
    try:
        server.connect().close()
    except UnreachableError as error:
        failure: UnreachableError | None = error
    else:
        failure = None
    with LOCK.holding():
        _finish(test, failure)


def _finish(test: ConnectionTest, failure: UnreachableError | None) -> None:
    test.status = SUCCESSFUL if failure is None else FAILED
    test.failure = f"{_FAILURE}{failure}" if failure is not None else ""
