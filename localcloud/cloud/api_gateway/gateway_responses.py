"""The answers that API Gateway gives by itself ("Gateway response types for API Gateway")."""

import json
from dataclasses import dataclass

from localcloud.cloud.api_gateway.model import Response


class GatewayError(Exception):
    """Ends a request with one of API Gateway's own answers; `detail` goes to the access log."""

    def __init__(self, kind: "GatewayResponse", detail: str = "") -> None:
        super().__init__(detail or kind.message)
        self.kind = kind
        self.detail = detail or kind.message


@dataclass(frozen=True)
class GatewayResponse:
    """Status, error type and message of an answer; `key` is the name of the body's one field."""

    status: int
    error_type: str
    message: str | None
    key: str = "message"

    def response(self, request_id: str) -> Response:
        """Return the answer for a request."""
        headers = (
            ("Content-Type", "application/json"),
            ("x-amzn-RequestId", request_id),
            ("x-amzn-ErrorType", self.error_type),
        )
        return Response(self.status, headers, json.dumps({self.key: self.message}).encode())


UNKNOWN_API = GatewayResponse(403, "ForbiddenException", "Forbidden")
UNKNOWN_ROUTE = GatewayResponse(
    403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
UNAUTHORIZED = GatewayResponse(401, "UnauthorizedException", "Unauthorized")
ACCESS_DENIED = GatewayResponse(
    403, "AccessDeniedException", "User is not authorized to access this resource", "Message"
)
EXPLICITLY_DENIED = GatewayResponse(
    403,
    "AccessDeniedException",
    "User is not authorized to access this resource with an explicit deny",
    "Message",
)
AUTHORIZER_FAILED = GatewayResponse(500, "AuthorizerConfigurationException", None)
THROTTLED = GatewayResponse(429, "TooManyRequestsException", "Too Many Requests")
BAD_INTEGRATION = GatewayResponse(502, "InternalServerErrorException", "Internal server error")
INTERNAL_ERROR = GatewayResponse(500, "InternalServerErrorException", "Internal server error")
TIMED_OUT = GatewayResponse(504, "InternalServerErrorException", "Endpoint request timed out")


def not_implemented(what: str) -> GatewayResponse:
    """Return the answer for what the laptop cloud lacks, by name."""
    return GatewayResponse(501, "NotImplemented", f"The laptop cloud does not implement {what}")
