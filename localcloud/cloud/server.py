"""The HTTP server of the laptop cloud: threads, loopback only, on a port from the kernel."""

import socket
import threading
import time
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

RAW_HEADERS = "laptop-cloud.headers"
"""Key of the WSGI environment with the headers as they were sent: (name, value) pairs."""


class RequestHandler(MotoRequestHandler):
    """Keeps connections open between requests and sends small answers at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def make_environ(self) -> dict[str, Any]:
        """Return the WSGI environment; WSGI itself joins repeated headers and changes names."""
        environ: dict[str, Any] = super().make_environ()
        environ[RAW_HEADERS] = list(self.headers.items())
        return environ

    def log_request(self, *_: Any) -> None:
        """Say nothing of a request that was answered: failures are logged where they happen."""


class CloudServer:
    """Serves a WSGI application from a thread of its own.

    The socket is bound and listens already, so callers may connect, and wait, before this module
    is loaded. Closing it is left to whoever made it.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._application: Any = _not_ready
        self._last_request = time.monotonic()
        host, port = listener.getsockname()
        self._host, self._port = str(host), int(port)
        self._server: BaseWSGIServer = make_server(
            host,
            port,
            self._dispatch,
            threaded=True,
            request_handler=RequestHandler,
            fd=listener.fileno(),
        )
        self._thread = threading.Thread(target=self._serve, name="http-server", daemon=True)

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return self._port

    @property
    def endpoint_url(self) -> str:
        """The URL that clients use as the endpoint of every service."""
        return f"http://{self._host}:{self._port}"

    def idle_seconds(self) -> float:
        """Return how long ago the last request came."""
        return time.monotonic() - self._last_request

    def serve(self, application: Any) -> None:
        """Begin to answer requests with `application`."""
        self._application = application
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close the socket."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def _dispatch(self, environ: dict[str, Any], start_response: Any) -> Any:
        self._last_request = time.monotonic()
        return self._application(environ, start_response)


def _not_ready(_: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return [b""]
