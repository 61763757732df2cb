"""Premigration assessment runs."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.cloud.database_migration.support import SETTINGS, Pair
from tests.localcloud.conftest import eventually

pytestmark = pytest.mark.postgres

ROLE = "arn:aws:iam::123456789012:role/dms-assessments"
LOBS = "full-lob-not-nullable-at-target"
KEYS = "table-with-no-primary-key-or-unique-constraint"


def assess(pair: Pair, task: str, **more: Any) -> Any:
    """Run an assessment and return how it ended."""
    arn = pair.dms.start_replication_task_assessment_run(
        **{
            "ReplicationTaskArn": task,
            "ServiceAccessRoleArn": ROLE,
            "ResultLocationBucket": pair.name,
            "AssessmentRunName": "first",
            **more,
        }
    )["ReplicationTaskAssessmentRun"]["ReplicationTaskAssessmentRunArn"]
    filters = [{"Name": "replication-task-assessment-run-arn", "Values": [arn]}]

    def ended() -> Any:
        (run,) = pair.dms.describe_replication_task_assessment_runs(Filters=filters)[
            "ReplicationTaskAssessmentRuns"
        ]
        return run if run["Status"] != "running" else None

    return eventually(ended, 20)


def test_what_dms_would_stumble_over_is_found_and_stored(pair: Pair) -> None:
    s3 = pair.client("s3")
    s3.create_bucket(
        Bucket=pair.name,
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"},
    )
    pair.execute("CREATE TABLE item (id int PRIMARY KEY, note text NOT NULL)")
    pair.execute("CREATE TABLE journal (id int)")
    lobs = {"TargetMetadata": {"SupportLobs": True, "FullLobMode": True}}
    task = pair.create_task(settings={**SETTINGS, **lobs})
    names = pair.dms.describe_applicable_individual_assessments(ReplicationTaskArn=task)
    assert {LOBS, KEYS} <= set(names["IndividualAssessmentNames"])
    run = assess(pair, task, ResultLocationFolder="wave-1")
    assert run["Status"] == "failed"
    assert run["ResultStatistic"]["Failed"] == 1
    assert run["ResultStatistic"]["Warning"] == 2
    individuals = pair.dms.describe_replication_task_individual_assessments(
        Filters=[{"Name": "replication-task-arn", "Values": [task]}]
    )["ReplicationTaskIndividualAssessments"]
    statuses = {each["IndividualAssessmentName"]: each["Status"] for each in individuals}
    assert (statuses[LOBS], statuses[KEYS]) == ("failed", "warning")

    def stored(name: str) -> Any:
        found = s3.get_object(Bucket=pair.name, Key=f"wave-1/first/{name}.json")
        return json.loads(found["Body"].read())

    assert stored(LOBS)["objects"] == ["public.item.note"]
    assert stored(KEYS)["objects"] == ["public.journal"]
    assert stored("summary")["overall-test-result"] == "failed"
    with pytest.raises(ClientError, match="ResourceAlreadyExistsFault"):
        assess(pair, task)
    second = assess(pair, task, AssessmentRunName="second", Exclude=[LOBS])
    assert second["Status"] == "warning"


def test_results_need_a_bucket(pair: Pair) -> None:
    task = pair.create_task()
    with pytest.raises(ClientError, match="S3ResourceNotFoundFault"):
        assess(pair, task)
