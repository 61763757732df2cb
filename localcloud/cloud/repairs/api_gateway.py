"""API Gateway REST APIs: tags, patches, and what does not exist.

* TagResource, UntagResource and GetTags of an API, beside those of a stage.
* UpdateModel is missing; UpdateStage ignores the removal of method settings and of parts of the
  access log settings; UpdateRestApi takes "false" for true.
* Getting or deleting what is not there is a ``NotFoundException``, not a server error.

Source: the actions of these names, and "Patch operations", Amazon API Gateway REST API Reference.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.apigateway import exceptions, urls
from moto.apigateway.models import APIGatewayBackend, RestAPI, Stage
from moto.apigateway.responses import APIGatewayResponse

from localcloud.cloud.patching import wrap
from localcloud.cloud.repairs.patches import absent_is, add_action, once

Stock = Callable[..., Any]
Patch = list[dict[str, Any]]

_API_TAGS_PATH = (
    "{0}/tags/arn:(?P<partition>[^/]+):apigateway:(?P<region_name>[^/]+)::"
    "/restapis/(?P<function_id>[^/]+)$"
)

_ENDPOINT_SWITCH = "/disableExecuteApiEndpoint"


class NotFoundError(exceptions.NotFoundException):
    """404 NotFoundException."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Invalid {what} identifier specified")


@once
def install() -> None:
    """Repair moto's API Gateway."""
    urls.url_paths[_API_TAGS_PATH] = APIGatewayResponse.dispatch
    wrap(APIGatewayResponse, "get_tags", _get_tags)
    wrap(APIGatewayResponse, "tag_resource", _tag)
    wrap(APIGatewayResponse, "untag_resource", _untag)
    add_action(APIGatewayResponse, "update_model", _update_model)
    wrap(APIGatewayResponse, "get_integration", _get_integration)
    wrap(APIGatewayBackend, "delete_integration", _delete_integration)
    wrap(Stage, "apply_operations", _patch_stage)
    wrap(RestAPI, "apply_patch_operations", _patch_api)
    wrap(APIGatewayBackend, "get_request_validator", _get_request_validator)
    for method, what in {
        "delete_rest_api": "API",
        "delete_resource": "Resource",
        "delete_authorizer": "Authorizer",
        "delete_request_validator": "Request Validator",
        "get_deployment": "Deployment",
    }.items():
        absent_is(APIGatewayBackend, (method,), _not_found(what))


def _not_found(what: str) -> Callable[..., Exception]:
    def make(*_: Any, **__: Any) -> Exception:
        return NotFoundError(what)

    return make


def _tagged_api(response: APIGatewayResponse) -> RestAPI | None:
    """Return the API that a tagging request is about, or None when it is about a stage."""
    parts = unquote(response.path.split("/tags/")[1]).split("/")
    if len(parts) != 3 or parts[1] != "restapis":
        return None
    return response.backend.get_rest_api(parts[2])


def _get_tags(stock: Stock, response: APIGatewayResponse) -> Any:
    api = _tagged_api(response)
    return stock(response) if api is None else json.dumps({"tags": api.tags or {}})


def _tag(stock: Stock, response: APIGatewayResponse) -> Any:
    api = _tagged_api(response)
    if api is None:
        return stock(response)
    api.tags = {**(api.tags or {}), **json.loads(response.body)["tags"]}
    return "{}"


def _untag(stock: Stock, response: APIGatewayResponse) -> Any:
    api = _tagged_api(response)
    if api is None:
        return stock(response)
    gone = response.querystring.get("tagKeys") or []
    api.tags = {key: value for key, value in (api.tags or {}).items() if key not in gone}
    return "{}"


def _update_model(response: APIGatewayResponse) -> str:
    parts = response.path.split("/")
    model = response.backend.get_model(parts[2], parts[4])
    for operation in json.loads(response.body)["patchOperations"]:
        name = operation["path"].lstrip("/")
        if operation["op"] != "replace" or name not in ("description", "schema"):
            raise exceptions.BadRequestException(
                f"Invalid patch operation {operation['op']} on {operation['path']}"
            )
        setattr(model, name, operation["value"])
    return json.dumps(model.to_json())


def _get_integration(stock: Stock, response: APIGatewayResponse) -> Any:
    parts = response.path.split("/")
    if response.backend.get_integration(parts[2], parts[4], parts[6]) is None:
        raise NotFoundError("Integration")
    return stock(response)


def _delete_integration(stock: Stock, backend: APIGatewayBackend, *method: str) -> Any:
    if backend.get_integration(*method) is None:
        raise NotFoundError("Integration")
    return stock(backend, *method)


def _get_request_validator(stock: Stock, backend: APIGatewayBackend, *arguments: Any) -> Any:
    try:
        return stock(backend, *arguments)
    except exceptions.RequestValidatorNotFound as error:
        raise NotFoundError("Request Validator") from error


def _patch_stage(stock: Stock, stage: Stage, patch_operations: Patch) -> Stage:
    """Carry out the removals that moto passes over, then the rest."""
    rest = [each for each in patch_operations if not _remove_from_stage(stage, each)]
    patched: Stage = stock(stage, rest)
    return patched


def _remove_from_stage(stage: Stage, operation: dict[str, Any]) -> bool:
    if operation["op"] != "remove":
        return False
    parts = operation["path"].strip("/").split("/")
    if parts[0] == "accessLogSettings" and len(parts) == 2:
        (stage.access_log_settings or {}).pop(parts[1], None)
        stage.access_log_settings = stage.access_log_settings or None
        return True
    if len(parts) == 2 and parts[0] != "variables":
        stage.method_settings.pop("/".join(parts), None)
        return True
    if len(parts) == 4:
        settings = stage.method_settings.get("/".join(parts[:2]), {})
        # moto's own tables of names and defaults; there is no public way to them
        name = stage._method_settings_translations("/".join(parts[2:]))  # noqa: SLF001
        defaults = stage._get_default_method_settings()  # noqa: SLF001
        settings.pop(name, None)
        if name in defaults:
            settings[name] = defaults[name]
        return True
    return False


def _patch_api(stock: Stock, api: RestAPI, patch_operations: Patch) -> None:
    rest = [each for each in patch_operations if each["path"] != _ENDPOINT_SWITCH]
    for operation in patch_operations:
        if operation["path"] == _ENDPOINT_SWITCH:
            api.disableExecuteApiEndpoint = operation.get("value") == "true"
    stock(api, rest)
