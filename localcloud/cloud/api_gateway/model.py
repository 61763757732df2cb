"""A deployed REST API as plain data: what a deployment froze, and what its stage adds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Integration:
    """What a method calls: `type` is AWS_PROXY or MOCK (others are refused by name).

    `responses` maps a status code to the parameters and the templates of a MOCK's response.
    """

    type: str
    uri: str = ""
    timeout_seconds: float = 29.0
    request_templates: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[str, "IntegrationResponse"] = field(default_factory=dict)


@dataclass(frozen=True)
class IntegrationResponse:
    """A response of a MOCK integration."""

    selection_pattern: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """One method of a resource."""

    http_method: str
    authorization_type: str
    authorizer_id: str | None
    api_key_required: bool
    integration: Integration | None


@dataclass(frozen=True)
class Route:
    """One resource: its path with parameters in braces, its methods by HTTP method or ANY."""

    resource_id: str
    path: str
    methods: Mapping[str, Method]


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer: `type` is TOKEN or REQUEST, sources are like
    ``method.request.header.Authorization``."""

    id: str
    type: str
    uri: str
    identity_sources: tuple[str, ...]
    validation_expression: str
    result_ttl_seconds: int


@dataclass(frozen=True)
class CustomResponse:
    """What an API has made of one gateway response type; `status` is None where it has not.

    `parameters` are like ``gatewayresponse.header.X-Name``, `templates` go by media type.
    """

    status: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DeployedApi:
    """The API as one deployment froze it."""

    id: str
    account_id: str
    region: str
    deployment_id: str
    routes: tuple[Route, ...]
    authorizers: Mapping[str, Authorizer]
    binary_media_types: tuple[str, ...] = ()
    gateway_responses: Mapping[str, CustomResponse] = field(default_factory=dict)


@dataclass(frozen=True)
class StageSettings:
    """A stage as it is now: stages change without a new deployment."""

    name: str
    variables: Mapping[str, str]
    method_settings: Mapping[str, Mapping[str, Any]]
    access_log_group_arn: str = ""
    access_log_format: str = ""


@dataclass(frozen=True)
class Request:
    """One HTTP request to a stage; `path` is as it was sent, without the stage."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    protocol: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """Return the last value of a header, whatever the case of its name."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[-1] if values else None


@dataclass(frozen=True)
class Response:
    """One HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def error_type(self) -> str:
        """The ``x-amzn-ErrorType``, if API Gateway answered by itself."""
        return next((v for k, v in self.headers if k.lower() == "x-amzn-errortype"), "")
