"""The answers that API Gateway gives by itself ("Gateway response types for API Gateway")."""

from dataclasses import dataclass

DEFAULT_4XX = "DEFAULT_4XX"
DEFAULT_5XX = "DEFAULT_5XX"


class GatewayError(Exception):
    """Ends a request with one of API Gateway's own answers; `detail` is why, for the log."""

    def __init__(self, kind: "GatewayResponse", detail: str = "") -> None:
        super().__init__(detail or kind.message)
        self.kind = kind
        self.detail = detail or kind.message or ""


@dataclass(frozen=True)
class GatewayResponse:
    """Status, error type and message of an answer; `key` is the name of the body's one field.

    `response_type` is what an API customises the answer by: one of API Gateway's response types,
    or the empty text for answers that no API can change. `error_type` is the value of the header
    ``x-amzn-ErrorType``.
    """

    status: int
    error_type: str
    message: str | None
    response_type: str = ""
    key: str = "message"

    @property
    def response_types(self) -> tuple[str, ...]:
        """The response types whose customisation applies, the most specific first."""
        if not self.response_type:
            return ()
        return self.response_type, DEFAULT_4XX if self.status < 500 else DEFAULT_5XX


UNKNOWN_API = GatewayResponse(403, "ForbiddenException", "Forbidden")
UNKNOWN_ROUTE = GatewayResponse(
    403,
    "MissingAuthenticationTokenException",
    "Missing Authentication Token",
    "MISSING_AUTHENTICATION_TOKEN",
)
UNAUTHORIZED = GatewayResponse(401, "UnauthorizedException", "Unauthorized", "UNAUTHORIZED")
ACCESS_DENIED = GatewayResponse(
    403,
    "AccessDeniedException",
    "User is not authorized to access this resource",
    "ACCESS_DENIED",
    "Message",
)
EXPLICITLY_DENIED = GatewayResponse(
    403,
    "AccessDeniedException",
    "User is not authorized to access this resource with an explicit deny",
    "ACCESS_DENIED",
    "Message",
)
AUTHORIZER_FAILED = GatewayResponse(
    500, "AuthorizerConfigurationException", None, "AUTHORIZER_CONFIGURATION_ERROR"
)
THROTTLED = GatewayResponse(429, "TooManyRequestsException", "Too Many Requests", "THROTTLED")
BAD_INTEGRATION = GatewayResponse(
    502, "InternalServerErrorException", "Internal server error", DEFAULT_5XX
)
INTERNAL_ERROR = GatewayResponse(
    500, "InternalServerErrorException", "Internal server error", DEFAULT_5XX
)
TIMED_OUT = GatewayResponse(
    504, "InternalServerErrorException", "Endpoint request timed out", "INTEGRATION_TIMEOUT"
)


def not_implemented(what: str) -> GatewayResponse:
    """Return the answer for what the laptop cloud lacks, by name; it is no answer of AWS's."""
    return GatewayResponse(501, "NotImplemented", f"The laptop cloud does not implement {what}")
