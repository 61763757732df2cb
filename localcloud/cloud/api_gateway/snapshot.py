"""Freezes a moto REST API at its deployment, and finds the frozen one of a stage.

A deployment is a snapshot of the API's resources ("Deploy REST APIs in API Gateway"): later
changes show only after the next one. moto's deployment is a name without content, so the
snapshot is kept beside it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.apigateway.models import RestAPI, Stage, apigateway_backends

from localcloud.cloud.api_gateway.model import (
    Authorizer,
    CustomResponse,
    DeployedApi,
    Integration,
    IntegrationResponse,
    Method,
    Route,
    StageSettings,
)
from localcloud.cloud.patching import wrap

DEFAULT_TIMEOUT_MILLISECONDS = 29_000
DEFAULT_RESULT_TTL_SECONDS = 300

_ATTRIBUTE = "laptop_cloud_snapshot"


def install() -> None:
    """Make every deployment freeze its API."""
    wrap(RestAPI, "create_deployment", _create_deployment)


def _create_deployment(
    stock: Callable[..., Any], api: RestAPI, *arguments: Any, **keywords: Any
) -> Any:
    deployment = stock(api, *arguments, **keywords)
    setattr(deployment, _ATTRIBUTE, freeze(api, deployment.id))
    return deployment


def find(api_id: str, stage_name: str) -> tuple[DeployedApi, StageSettings] | None:
    """Return what a stage serves now, or None when there is no such API or stage."""
    for regions in list(apigateway_backends.values()):
        for backend in list(regions.values()):
            api = backend.apis.get(api_id)
            stage = api.stages.get(stage_name) if api is not None else None
            if api is None or stage is None:
                continue
            deployment = api.deployments.get(stage.deployment_id or "")
            deployed = getattr(deployment, _ATTRIBUTE, None)
            return (deployed, _settings(stage)) if deployed is not None else None
    return None


def freeze(api: RestAPI, deployment_id: str) -> DeployedApi:
    """Return the API's present resources and authorizers as plain data."""
    routes = tuple(
        Route(
            resource_id=resource.id,
            path=resource.get_path(),
            methods={name: _method(m) for name, m in resource.resource_methods.items()},
        )
        for resource in api.resources.values()
    )
    return DeployedApi(
        id=api.id,
        account_id=api.account_id,
        region=api.region_name,
        deployment_id=deployment_id,
        routes=routes,
        authorizers={key: _authorizer(a) for key, a in api.authorizers.items()},
        binary_media_types=tuple(api.binaryMediaTypes),
        gateway_responses={
            key: _custom_response(response) for key, response in api.gateway_responses.items()
        },
    )


def _method(method: Any) -> Method:
    return Method(
        http_method=method.http_method,
        authorization_type=method.authorization_type or "NONE",
        authorizer_id=method.authorizer_id,
        api_key_required=str(method.api_key_required).lower() == "true",
        integration=_integration(method.method_integration),
    )


def _integration(integration: Any) -> Integration | None:
    if integration is None:
        return None
    milliseconds = int(integration.timeout_in_millis or DEFAULT_TIMEOUT_MILLISECONDS)
    return Integration(
        type=integration.integration_type,
        uri=integration.uri or "",
        timeout_seconds=milliseconds / 1000,
        request_templates=dict(integration.request_templates or {}),
        responses={
            str(status): IntegrationResponse(
                selection_pattern=response.selection_pattern or "",
                parameters=dict(response.response_parameters or {}),
                templates=dict(response.response_templates or {}),
            )
            for status, response in (integration.integration_responses or {}).items()
        },
    )


def _authorizer(authorizer: Any) -> Authorizer:
    sources = re.split(r"\s*,\s*", authorizer.identity_source or "")
    ttl = authorizer.authorizer_result_ttl
    return Authorizer(
        id=authorizer.id,
        type=authorizer.type,
        uri=authorizer.authorizer_uri or "",
        identity_sources=tuple(source for source in sources if source),
        validation_expression=authorizer.identity_validation_expression or "",
        result_ttl_seconds=DEFAULT_RESULT_TTL_SECONDS if ttl is None else int(ttl),
    )


def _custom_response(response: Any) -> CustomResponse:
    return CustomResponse(
        status=int(response.status_code) if response.status_code else None,
        parameters=dict(response.response_parameters or {}),
        templates=dict(response.response_templates or {}),
    )


def _settings(stage: Stage) -> StageSettings:
    access_log: Mapping[str, str] = stage.access_log_settings or {}
    return StageSettings(
        name=stage.name or "",
        variables=dict(stage.variables or {}),
        method_settings=dict(stage.method_settings),
        access_log_group_arn=access_log.get("destinationArn", ""),
        access_log_format=access_log.get("format", ""),
    )
