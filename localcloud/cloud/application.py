"""The WSGI application of the laptop cloud: routes a request, holds the lock, answers failures.

Three kinds of request arrive on the one port: the daemon's health check, calls of deployed APIs
(API Gateway's ``execute-api``), and AWS's own APIs. Only the last kind goes to moto, one at a
time (see `control_plane`); its request is read, and its answer written, outside the lock.
"""

import io
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from flask import Flask
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from localcloud.cloud import errors
from localcloud.cloud.control_plane import LOCK
from localcloud.cloud.installation import Installation, InstallationError
from localcloud.record import HEALTH_PATH

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class DataPlane(Protocol):
    """Answers the requests that are not AWS API calls, for example calls of a deployed API."""

    def handles(self, environ: Environ) -> bool:
        """Return whether this request is for the data plane."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request."""


class CloudApplication:
    """The whole of the cloud as one WSGI application."""

    def __init__(self, identity: str, data_plane: DataPlane, installation: Installation) -> None:
        self._identity = identity
        self._data_plane = data_plane
        self._installation = installation
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO") == HEALTH_PATH:
            return _answer_json(start_response, {"identity": self._identity})
        if self._data_plane.handles(environ) and self._installation.failure is None:
            return self._data_plane(environ, start_response)
        return self._control_plane(environ, start_response)

    def _control_plane(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = _read_body(environ)
        with LOCK.holding():
            try:
                app = self._application(environ)
            except InstallationError as error:
                service = errors.signed_service(environ)
                return _refuse(start_response, _failure(service, environ, body, error))
            service = errors.service_of(app)
            try:
                chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
                answer = list(chunks)
                self._require_installation()
            except Exception as error:
                return _refuse(start_response, _failure(service, environ, body, error))
        # The answer to HEAD has no body that would tell moto's own page from AWS's 404.
        asks_for_body = environ["REQUEST_METHOD"] != "HEAD"
        if asks_for_body and _is_moto_page(status, headers.get("Content-Type", "")):
            missing = _failure(service, environ, body, NotImplementedError())
            return _refuse(start_response, missing)
        start_response(status, list(headers.items()))
        return answer

    def _application(self, environ: Environ) -> Flask:
        """Return moto's application for a request; the first one loads the service.

        Raises InstallationError when the service, or any other before it, cannot be loaded whole.
        """
        self._require_installation()
        try:
            app = self._moto.get_application(environ)
        except Exception as error:
            self._installation.failed("a service of moto", error)
            raise InstallationError(self._installation.failure) from error
        self._require_installation()
        return app

    def _require_installation(self) -> None:
        if self._installation.failure is not None:
            raise InstallationError(self._installation.failure)


def _read_body(environ: Environ) -> bytes:
    """Read the request's body, so that a slow client does not hold the lock while it sends."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return bytes(body)


def _is_moto_page(status: str, content_type: str) -> bool:
    """Whether the answer is Flask's HTML page for a path that moto has no handler for."""
    return status[:3] in ("404", "405") and content_type.startswith("text/html; charset")


def _failure(service: str, environ: Environ, body: bytes, error: Exception) -> errors.ErrorResponse:
    content_type = environ.get("CONTENT_TYPE", "")
    if isinstance(error, InstallationError):
        return errors.error_response(service, content_type, errors.INTERNAL_ERROR, str(error))
    action = errors.operation_name(service, environ, body)
    if isinstance(error, NotImplementedError):
        code = errors.NOT_IMPLEMENTED
        message = f"The laptop cloud does not implement {service}:{action}. {error}".strip()
        log.warning("%s", message)
    else:
        code = errors.INTERNAL_ERROR
        message = f"The laptop cloud failed in {service}:{action}: {type(error).__name__}: {error}"
        log.error("%s", message, exc_info=error)
    return errors.error_response(service, content_type, code, message)


def _refuse(start_response: StartResponse, failure: errors.ErrorResponse) -> list[bytes]:
    start_response(f"{failure.status} ERROR", failure.headers)
    return [failure.body]


def _answer_json(start_response: StartResponse, value: object) -> list[bytes]:
    body = json.dumps(value).encode()
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    )
    return [body]
