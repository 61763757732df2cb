"""Errors in the form that the caller's SDK parses, for requests that moto cannot answer.

moto answers an action that it lacks with an HTML page and status 500: SDKs retry that and then
say "failed to reach the service". AWS's own form of an error depends on the service's protocol
("Common error types" and "Smithy protocols" in each API reference); moto's serialisers know all
of them, so they are used here for moto's own failures as well.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from flask import Flask
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

NOT_IMPLEMENTED = "NotImplemented"
INTERNAL_ERROR = "LaptopCloudError"

_UNSIGNED = "s3"
_NAME_FROM_SIGNING_NAME = {"monitoring": "cloudwatch", "states": "stepfunctions"}


class CloudError(ServiceException):
    """An error with a code of the cloud's own; moto looks its exceptions up by their module."""


@dataclass(frozen=True)
class ErrorResponse:
    """An HTTP answer: always a 4xx, so that no SDK repeats a request that cannot succeed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def service_of(app: Flask) -> str:
    """Return botocore's name of the service that one of moto's Flask applications serves."""
    for view in app.view_functions.values():
        owner = getattr(getattr(view, "callback", None), "__self__", None)
        response = owner() if isinstance(owner, type) else owner
        if isinstance(response, BaseResponse) and response.boto3_service_name:
            return str(response.boto3_service_name)
    return ""


def signed_service(environ: dict[str, Any]) -> str:
    """Return botocore's name of the service that a request was signed for, else Amazon S3's.

    "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)": the
    credential scope is date, region, service, ``aws4_request``.
    """
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    name = scope.group(1) if scope else _UNSIGNED
    name = _NAME_FROM_SIGNING_NAME.get(name, name)
    try:
        get_service_model(name)
    except UnknownServiceError:
        return _UNSIGNED
    return name


def operation_name(service: str, environ: dict[str, Any], body: bytes) -> str:
    """Return the API action that a request asks for, or its method and path if none is known."""
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rsplit(".", 1)[-1]
    smithy = re.search(r"/service/[^/]+/operation/(\w+)", environ.get("PATH_INFO", ""))
    if smithy:
        return smithy.group(1)
    for source in (str(environ.get("QUERY_STRING", "")), body[:4096].decode("latin-1")):
        action = parse_qs(source).get("Action")
        if action:
            return action[0]
    try:
        operation, _ = get_service_router(service).match(Request(environ.copy()))
        return str(operation.name)
    except (NotFound, NotImplementedError, KeyError, ValueError):
        return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"


def error_response(service: str, content_type: str, code: str, message: str) -> ErrorResponse:
    """Return an error of `service` in the protocol that the request used."""
    model = get_service_model(service)
    protocol = determine_request_protocol(model, content_type)
    serializer = get_serializer_class(service, protocol)(operation_model=OperationModel({}, model))
    serialized = serializer.serialize(CloudError(code, message))
    body = serialized["body"]
    encoded = body.encode() if isinstance(body, str) else bytes(body)
    headers = {**serialized["headers"], "Content-Length": str(len(encoded))}
    return ErrorResponse(400, [(k, str(v)) for k, v in headers.items()], encoded)
