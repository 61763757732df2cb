"""Premigration assessment runs, with their results in Amazon S3.

Sources: StartReplicationTaskAssessmentRun and the operations that describe its outcome, AWS DMS
API Reference; "Viewing premigration assessment results", AWS DMS User Guide.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.dms.exceptions import (
    InvalidParameterCombinationException,
    ResourceAlreadyExistsFault,
    ResourceNotFoundFault,
)
from moto.dms.responses import DatabaseMigrationServiceResponse

from localcloud.cloud.background import run_in_background
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.database_migration.faults import S3NotFoundError
from localcloud.cloud.database_migration.filtering import filtered
from localcloud.replication import Assignment, ReplicationError
from localcloud.replication.assessment import Finding, applicable, assess

Response = DatabaseMigrationServiceResponse

_FILTERS = {
    "replication-task-assessment-run-arn": "arn",
    "replication-task-arn": "task_arn",
    "status": "status",
}
RUNNING, ERROR = "running", "error"
_WORST_FIRST = ("failed", "warning", "passed")


@dataclass
class AssessmentRun:
    """One run: of which task, which assessments, where its results go, and what it found."""

    arn: str
    name: str
    task_arn: str
    names: tuple[str, ...]
    location: dict[str, str]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = RUNNING
    failure: str = ""
    findings: tuple[Finding, ...] = ()

    def describe(self, *, latest: bool) -> dict[str, Any]:
        """Return it as the API shows it."""
        results = [finding.result for finding in self.findings]
        described = {
            "ReplicationTaskAssessmentRunArn": self.arn,
            "ReplicationTaskArn": self.task_arn,
            "Status": self.status,
            "ReplicationTaskAssessmentRunCreationDate": self.created.timestamp(),
            "AssessmentProgress": {
                "IndividualAssessmentCount": len(self.names),
                "IndividualAssessmentCompletedCount": len(self.findings),
            },
            "AssessmentRunName": self.name,
            "IsLatestTaskAssessmentRun": latest,
            "ResultStatistic": {
                "Passed": results.count("passed"),
                "Failed": results.count("failed"),
                "Warning": results.count("warning"),
                "Error": len(self.names) if self.status == ERROR else 0,
                "Cancelled": 0,
                "Skipped": 0,
            },
            **self.location,
        }
        return {**described, "LastFailureMessage": self.failure} if self.failure else described

    def describe_individuals(self) -> list[dict[str, Any]]:
        """Return its individual assessments as the API shows them."""
        results = {finding.name: finding.result for finding in self.findings}
        return [
            {
                "ReplicationTaskIndividualAssessmentArn": (
                    f"{self.arn.replace(':assessment-run:', ':individual-assessment:')}{number}"
                ),
                "ReplicationTaskAssessmentRunArn": self.arn,
                "IndividualAssessmentName": name,
                "Status": results.get(name, self.status),
                "ReplicationTaskIndividualAssessmentStartDate": self.created.timestamp(),
            }
            for number, name in enumerate(self.names)
        ]


class Assessments:
    """The runs of this cloud; used under its lock."""

    def __init__(self) -> None:
        self._runs: dict[str, AssessmentRun] = {}

    def start(
        self, response: Response, body: dict[str, Any], assignment: Assignment, kind: str
    ) -> str:
        """Start a run for a task of this migration type; answer with it."""
        task_arn, name = body["ReplicationTaskArn"], body["AssessmentRunName"]
        if any((run.task_arn, run.name) == (task_arn, name) for run in self._runs.values()):
            raise ResourceAlreadyExistsFault(f"Assessment run {name} already exists.")
        _bucket(response, body["ResultLocationBucket"])
        location: dict[str, str] = {
            member: body[member]
            for member in ("ServiceAccessRoleArn", "ResultLocationBucket", "ResultLocationFolder")
            if member in body
        }
        arn = (
            f"arn:aws:dms:{response.region}:{response.current_account}:assessment-run:"
            f"{uuid4().hex.upper()}"
        )
        run = AssessmentRun(arn, name, task_arn, _chosen(body, applicable(kind)), location)
        self._runs[arn] = run
        run_in_background("assessment run", lambda: _perform(response, run, assignment))
        return json.dumps(
            {"ReplicationTaskAssessmentRun": {**run.describe(latest=True), "Status": "starting"}}
        )

    def describe_runs(self, response: Response) -> str:
        """Answer DescribeReplicationTaskAssessmentRuns."""
        latest = {run.task_arn: run.arn for run in self._runs.values()}
        found = [
            run.describe(latest=latest[run.task_arn] == run.arn) for run in self._filtered(response)
        ]
        return json.dumps({"ReplicationTaskAssessmentRuns": found})

    def describe_individuals(self, response: Response) -> str:
        """Answer DescribeReplicationTaskIndividualAssessments."""
        found = [each for run in self._filtered(response) for each in run.describe_individuals()]
        return json.dumps({"ReplicationTaskIndividualAssessments": found})

    def delete(self, response: Response) -> str:
        """Answer DeleteReplicationTaskAssessmentRun; the results in S3 stay, as on AWS."""
        run = self._runs.pop(json.loads(response.body)["ReplicationTaskAssessmentRunArn"], None)
        if run is None:
            raise ResourceNotFoundFault("Assessment run could not be found.")
        described = {**run.describe(latest=False), "Status": "deleting"}
        return json.dumps({"ReplicationTaskAssessmentRun": described})

    def _filtered(self, response: Response) -> Sequence[AssessmentRun]:
        request = json.loads(response.body or "{}")
        return filtered(list(self._runs.values()), request, _FILTERS, getattr)


def _chosen(body: dict[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    only, without = body.get("IncludeOnly"), body.get("Exclude", [])
    if only and without:
        raise InvalidParameterCombinationException("Use either IncludeOnly or Exclude")
    unknown = {*(only or ()), *without} - {*names}
    if unknown:
        raise NotImplementedError(f"The individual assessments {', '.join(sorted(unknown))}.")
    return tuple(name for name in names if name in (only or names) and name not in without)


def _perform(response: Response, run: AssessmentRun, assignment: Assignment) -> None:
    try:
        findings = assess(assignment, run.names)
    except ReplicationError as error:
        with LOCK.holding():
            run.status, run.failure = ERROR, str(error)
        return
    worst = min((finding.result for finding in findings), key=_WORST_FIRST.index, default="passed")
    with LOCK.holding():
        _store(response, run, findings, worst)
        run.findings, run.status = findings, worst


def _store(response: Response, run: AssessmentRun, findings: Sequence[Finding], worst: str) -> None:
    folder = "/".join(filter(None, (run.location.get("ResultLocationFolder"), run.name)))
    documents = {finding.name: _document(finding) for finding in findings}
    summary = {
        "overall-test-result": worst,
        "summary": {
            result: [_document(each) for each in findings if each.result == result]
            for result in _WORST_FIRST
        },
    }
    bucket = run.location["ResultLocationBucket"]
    backend = _bucket(response, bucket)
    for name, document in {**documents, "summary": summary}.items():
        backend.put_object(bucket, f"{folder}/{name}.json", json.dumps(document).encode())


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "test-name": finding.name,
        "test-result": finding.result,
        "test-result-details": finding.details,
        "objects": list(finding.objects),
    }


def _bucket(response: Response, name: str) -> Any:
    """Return moto's S3 where this bucket is; raises S3NotFoundError."""
    from moto.s3.models import s3_backends

    backend = s3_backends[response.current_account][response.partition]
    if name not in backend.buckets:
        raise S3NotFoundError(f"The bucket {name} does not exist.")
    return backend
