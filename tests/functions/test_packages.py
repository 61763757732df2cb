"""The built zips run on their own: no checkout, no virtual environment, only Lambda's SDK."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from shared.packaging import build
from tests.functions.authorizer.test_tokens import KEY, SECRET, token
from tests.functions.data_validation.support import fresh_databases
from tests.functions.support import MASTER, Clusters, aws_variables, create_secret

# What Lambda's Python runtime brings: the SDK and what the SDK itself needs.
SDK = ("boto3", "botocore", "s3transfer", "urllib3", "jmespath", "dateutil", "six")
# The interpreter itself, not the virtual environment's link to it; -S leaves site-packages out.
INTERPRETER = str(Path(sys.executable).resolve())
BOOTSTRAP = """
import importlib, json, sys, time
sys.path[:0] = sys.argv[1:3]
started = time.perf_counter()
module, _, function = sys.argv[3].rpartition(".")
handler = getattr(importlib.import_module(module), function)
imported = time.perf_counter()
class Context:
    function_name = "function"
    memory_limit_in_mb = "256"
    invoked_function_arn = "arn:aws:lambda:ap-southeast-1:123456789012:function:function"
    aws_request_id = "request"
    def get_remaining_time_in_millis(self):
        return 20_000
answers = []
for event in json.load(sys.stdin):
    try:
        answers.append(handler(event, Context()))
    except Exception as error:
        answers.append({"errorMessage": str(error)})
outside = sorted(
    name for name, module in sys.modules.items()
    if "site-packages" in (getattr(module, "__file__", None) or "")
)
print("\\n" + json.dumps({"answers": answers, "outside": outside, "import": imported - started}))
"""


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with nothing but the SDK."""
    folder = tmp_path_factory.mktemp("sdk")
    for name in SDK:
        specification = importlib.util.find_spec(name)
        assert specification is not None
        assert specification.origin is not None
        origin = Path(specification.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def run(
    function: str, events: list[dict[str, Any]], sdk: Path, work: Path, variables: dict[str, str]
) -> dict[str, Any]:
    """Unzip a function's package and send events to its handler in an isolated interpreter."""
    with zipfile.ZipFile(build(function)) as archive:
        archive.extractall(work / "package")
    result = subprocess.run(
        [
            INTERPRETER,
            "-I",
            "-S",
            "-c",
            BOOTSTRAP,
            str(work / "package"),
            str(sdk),
            f"functions.{function}.handler.handler",
        ],
        input=json.dumps(events),
        env=variables,
        cwd=work,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return answer


@pytest.mark.postgres
def test_the_payments_package_creates_and_replays_a_payment(
    sdk: Path,
    tmp_path: Path,
    environment: dict[str, str],
    aws_endpoint: str,
    clusters: Clusters,
) -> None:
    key = uuid4().hex
    request = {
        "path": "/payments",
        "httpMethod": "POST",
        "headers": {"Idempotency-Key": key},
        "requestContext": {"requestId": "r", "stage": "local", "path": "/local/payments"},
        "body": json.dumps({"amount": "3", "currency": "JPY", "reference": "zip"}),
        "isBase64Encoded": False,
    }
    variables = {**aws_variables(aws_endpoint), **environment}
    result = run("payments", [request, request], sdk, tmp_path, variables)
    first, again = result["answers"]
    assert (first["statusCode"], again["statusCode"]) == (201, 201)
    assert again["multiValueHeaders"]["Idempotent-Replayed"] == ["true"]
    assert result["outside"] == []
    statement = "SELECT id::text FROM payments.payments WHERE idempotency_key = %s"
    assert clusters.query("source", statement, key) == [(json.loads(first["body"])["id"],)]


def test_the_authorizer_package_accepts_and_refuses_tokens(
    sdk: Path, tmp_path: Path, aws: None, aws_endpoint: str
) -> None:
    secret = create_secret(
        {
            "algorithm": "HS256",
            "issuer": KEY.issuer,
            "audience": KEY.audience,
            "kid": KEY.kid,
            "key": SECRET,
        }
    )
    arn = "arn:aws:execute-api:ap-southeast-1:123456789012:a1/local/POST/payments"
    events = [
        {"type": "TOKEN", "methodArn": arn, "authorizationToken": f"Bearer {token()}"},
        {"type": "TOKEN", "methodArn": arn, "authorizationToken": f"Bearer {token(exp=1)}"},
    ]
    variables = {**aws_variables(aws_endpoint), "JWT_SECRET_ARN": secret}
    result = run("authorizer", events, sdk, tmp_path, variables)
    accepted, refused = result["answers"]
    assert accepted["principalId"] == "merchant-7"
    assert refused == {"errorMessage": "Unauthorized"}
    assert result["outside"] == []


@pytest.mark.postgres
def test_the_validation_package_compares_two_databases(
    sdk: Path, tmp_path: Path, environment: dict[str, str], aws_endpoint: str, clusters: Clusters
) -> None:
    bucket = f"bucket-{uuid4().hex}"
    boto3.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-1"}
    )
    master = create_secret(MASTER)
    with fresh_databases(clusters) as databases:
        databases.execute("CREATE TABLE t (id int PRIMARY KEY, amount numeric)")
        databases.execute("INSERT INTO t VALUES (1, 1.0)", "INSERT INTO t VALUES (1, 1.00)")
        variables = {
            **aws_variables(aws_endpoint),
            **environment,
            "DATABASE_NAME": databases.name,
            "ENVIRONMENT": "local",
            "SOURCE_SECRET_ARN": master,
            "TARGET_SECRET_ARN": master,
            "CHECKPOINTS_BUCKET": bucket,
            "CHECKPOINT_PREFIX": "validation",
            "PARAMETER_PATH": f"/payments/{uuid4().hex}/validation",
            "EVENT_SOURCE": "payments.migration.test",
        }
        events: list[dict[str, Any]] = [
            {"action": "plan", "execution": "e", "request": {"options": {"rows_per_item": 1000}}},
            {"action": "compare", "run": "e", "item": 0},
            {"action": "finish", "run": "e"},
        ]
        result = run("data_validation", events, sdk, tmp_path, variables)

    planned, compared, finished = result["answers"]
    assert (planned["items"], compared["done"], compared["mismatches"]) == (1, True, 1)
    assert finished["verdict"] == "different"
    assert result["outside"] == []
