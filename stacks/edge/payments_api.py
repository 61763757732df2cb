"""The REST API: what it has, who may call it, and which function answers."""

import dataclasses
import hashlib
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.components.function import Function
from shared.context import Context


@dataclass(frozen=True)
class Route:
    """A method of the API; `path` is relative to the stage, with ``*`` for a parameter."""

    verb: str
    resource: str
    path: str


# What functions/payments/handler.py answers.
ROUTES = (Route("POST", "collection", "payments"), Route("GET", "item", "payments/*"))

# Errors that API Gateway answers itself, given the form of the function's own problems.
# (API Gateway Developer Guide, "Gateway response types for API Gateway".)
_GATEWAY_ERRORS = ("DEFAULT_4XX", "DEFAULT_5XX")
_GATEWAY_ERROR_BODY = (
    '{"message": $context.error.messageString, "request_id": "$context.requestId"}'
)

# Three base64url parts. Anything else is refused without a call of the authorizer.
_BEARER_TOKEN = r"^Bearer [-0-9A-Za-z_]+\.[-0-9A-Za-z_]+\.[-0-9A-Za-z_]+$"  # noqa: S105  # a pattern


@dataclass(frozen=True)
class PaymentsApiConfig:
    """The functions, the stage that may call them, and how long a token's policy is reused."""

    payments: Function
    authorizer: Function
    stage_name: str
    authorizer_cache_seconds: int


class PaymentsApi(pulumi.ComponentResource):
    """A regional REST API with /payments and /payments/{id}, every method authorized.

    `definition` changes whenever a deployment would serve something else, and `parts` has what a
    deployment has to wait for: API Gateway deploys whatever methods there are at that moment.
    """

    api: aws.apigateway.RestApi
    parts: list[pulumi.Resource]
    definition: pulumi.Output[str]

    def __init__(
        self,
        context: Context,
        config: PaymentsApiConfig,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = context.name("api", "payments")
        super().__init__("payments:edge:PaymentsApi", name, None, opts)
        self._context = context
        self._config = config
        self._child = pulumi.ResourceOptions(parent=self)
        self.api = aws.apigateway.RestApi(
            name,
            name=name,
            description="Payments, served by whichever cluster takes the traffic",
            endpoint_configuration={"types": "REGIONAL"},
            tags=context.tags(name),
            opts=self._child,
        )
        self._authorizer = self._token_authorizer()
        collection = self._resource("collection", self.api.root_resource_id, "payments")
        item = self._resource("item", collection.id, "{id}")
        resources = {"collection": collection, "item": item}
        self.parts = [
            *(part for route in ROUTES for part in self._method(route, resources[route.resource])),
            *(self._gateway_error(response_type) for response_type in _GATEWAY_ERRORS),
        ]
        self.definition = self._digest()
        self.register_outputs({"id": self.api.id})

    def _token_authorizer(self) -> aws.apigateway.Authorizer:
        name = self._context.name("authorizer", "token")
        authorizer = aws.apigateway.Authorizer(
            name,
            name=name,
            rest_api=self.api.id,
            type="TOKEN",
            authorizer_uri=self._config.authorizer.invoke_arn,
            identity_source="method.request.header.Authorization",
            identity_validation_expression=_BEARER_TOKEN,
            authorizer_result_ttl_in_seconds=self._config.authorizer_cache_seconds,
            opts=self._child,
        )
        self._permit("authorizer", self._config.authorizer, "authorizers/", authorizer.id)
        return authorizer

    def _resource(
        self, purpose: str, parent_id: pulumi.Input[str], path_part: str
    ) -> aws.apigateway.Resource:
        return aws.apigateway.Resource(
            self._context.name("api-resource", purpose),
            rest_api=self.api.id,
            parent_id=parent_id,
            path_part=path_part,
            opts=self._child,
        )

    def _method(self, route: Route, resource: aws.apigateway.Resource) -> list[pulumi.Resource]:
        purpose = f"{route.verb.lower()}-{route.resource}"
        method = aws.apigateway.Method(
            self._context.name("api-method", purpose),
            rest_api=self.api.id,
            resource_id=resource.id,
            http_method=route.verb,
            authorization="CUSTOM",
            authorizer_id=self._authorizer.id,
            opts=self._child,
        )
        integration = aws.apigateway.Integration(
            self._context.name("api-integration", purpose),
            rest_api=self.api.id,
            resource_id=resource.id,
            http_method=method.http_method,
            type="AWS_PROXY",
            integration_http_method="POST",
            uri=self._config.payments.invoke_arn,
            opts=self._child,
        )
        path = f"{self._config.stage_name}/{route.verb}/{route.path}"
        self._permit(purpose, self._config.payments, path)
        return [method, integration]

    def _permit(
        self, purpose: str, function: Function, *path: pulumi.Input[str]
    ) -> aws.lambda_.Permission:
        """Let this API, by this path of its execution ARN and no other, call a function."""
        name = self._context.name("permission", purpose)
        return aws.lambda_.Permission(
            name,
            statement_id=name,
            action="lambda:InvokeFunction",
            function=function.name,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(self.api.execution_arn, "/", *path),
            opts=self._child,
        )

    def _gateway_error(self, response_type: str) -> pulumi.Resource:
        purpose = response_type.lower().replace("_", "-")
        return aws.apigateway.Response(
            self._context.name("gateway-response", purpose),
            rest_api_id=self.api.id,
            response_type=response_type,
            response_templates={"application/json": _GATEWAY_ERROR_BODY},
            opts=self._child,
        )

    def _digest(self) -> pulumi.Output[str]:
        return pulumi.Output.json_dumps(
            {
                "routes": [dataclasses.astuple(route) for route in ROUTES],
                "integration": self._config.payments.invoke_arn,
                "authorizer": self._config.authorizer.invoke_arn,
                "authorizer_cache_seconds": self._config.authorizer_cache_seconds,
                "token": _BEARER_TOKEN,
                "errors": [*_GATEWAY_ERRORS, _GATEWAY_ERROR_BODY],
            }
        ).apply(lambda text: hashlib.sha256(text.encode()).hexdigest())
