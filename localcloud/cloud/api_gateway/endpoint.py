"""The WSGI side of the data plane: which requests are calls of a deployed API, and their form.

Two addresses work: ``/restapis/{api}/{stage}/_user_request_/{path}`` on the cloud's own address,
and AWS's host name form ``{api}.execute-api.{region}.amazonaws.com/{stage}/{path}``.
"""

import http
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from localcloud.cloud.api_gateway import gateway_answers, gateway_responses
from localcloud.cloud.api_gateway.gateway import Gateway
from localcloud.cloud.api_gateway.model import Request, Response
from localcloud.cloud.server import RAW_HEADERS

log = logging.getLogger(__name__)

_USER_REQUEST = re.compile(r"/restapis/([a-z0-9]+)/([^/]+)/_user_request_(/.*|$)")
_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.")
_STAGE_PATH = re.compile(r"/([^/]+)(/.*|$)")


class ApiEndpoint:
    """Translates between WSGI and the gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def handles(self, environ: dict[str, Any]) -> bool:
        """Return whether this request calls a deployed API."""
        return _target(environ) is not None

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer the request."""
        target = _target(environ)
        assert target is not None
        api_id, stage, path = target
        try:
            response = self._gateway.handle(api_id, stage, _request(environ, path))
        except Exception:
            log.exception("API %s, stage %s, %s", api_id, stage, path)
            response = gateway_answers.default_answer(
                gateway_responses.INTERNAL_ERROR, str(uuid4())
            )
        return _send(environ, start_response, response)


def _target(environ: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return the API's id, the stage and the path as it was sent."""
    path = urlsplit(str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", ""))).path
    direct = _USER_REQUEST.fullmatch(path)
    if direct:
        return direct.group(1), direct.group(2), direct.group(3) or "/"
    host = _HOST.match(environ.get("HTTP_HOST", ""))
    staged = _STAGE_PATH.fullmatch(path)
    if host and staged:
        return host.group(1), staged.group(1), staged.group(2) or "/"
    return None


def _request(environ: dict[str, Any], path: str) -> Request:
    source_ip = str(environ.get("REMOTE_ADDR", ""))
    added = (
        ("X-Forwarded-For", source_ip),
        ("X-Forwarded-Port", str(environ.get("SERVER_PORT", ""))),
        ("X-Forwarded-Proto", str(environ.get("wsgi.url_scheme", "http"))),
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):x}-{secrets.token_hex(12)}"),
    )
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        headers=(*environ[RAW_HEADERS], *added),
        query=tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        body=_body(environ),
        source_ip=source_ip,
        protocol=str(environ.get("SERVER_PROTOCOL", "HTTP/1.1")),
    )


def _body(environ: dict[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return bytes(stream.read())
    return bytes(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))


def _send(
    environ: dict[str, Any], start_response: Callable[..., Any], response: Response
) -> list[bytes]:
    managed = ("content-length", "connection", "transfer-encoding")
    headers = [(k, v) for k, v in response.headers if k.lower() not in managed]
    headers.append(("Content-Length", str(len(response.body))))
    try:
        phrase = http.HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    start_response(f"{response.status} {phrase}", headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else response.body]
