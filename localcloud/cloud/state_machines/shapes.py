"""Requests and responses of AWS SDK integrations, between Step Functions' and the API's casing.

In a state machine, parameters and results are Pascal case (``DbClusterIdentifier``, ``Key``), the
API's own casing differs by service. Results hold plain JSON: timestamps as ISO 8601 text, bodies
as text.
"""

import functools
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.response import StreamingBody
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (  # noqa: E501 - moto's module name
    StateTaskService,
)

from localcloud.cloud.patching import wrap
from localcloud.cloud.state_machines.context_object import iso_text


def install() -> None:
    """Repair how the interpreter forms requests and responses."""
    wrap(StateTaskService, "_normalise_parameters", _normalise_parameters)
    wrap(StateTaskService, "_normalise_response", _normalise_response)


@functools.cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def find_operation(service: str, action: str) -> OperationModel | None:
    """Return the operation that a snake case action means, whatever its capitals."""
    model = _service(service)
    wanted = action.replace("_", "").lower()
    for name in model.operation_names:
        if name.lower() == wanted:
            operation: OperationModel = model.operation_model(name)
            return operation
    return None


def to_request(value: Any, shape: Shape) -> Any:
    """Return a parameter's value with the API's member names; objects for text become JSON."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        request = {}
        for key, member in value.items():
            name = members.get(key.lower(), key)
            known = shape.members.get(str(name))
            request[name] = to_request(member, known) if known is not None else member
        return request
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [to_request(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: to_request(item, shape.value) for key, item in value.items()}
    if shape.type_name == "string" and isinstance(value, dict | list):
        return json.dumps(value)
    if shape.type_name == "blob" and not isinstance(value, bytes):
        return (value if isinstance(value, str) else json.dumps(value)).encode()
    return value


def to_plain(value: Any) -> Any:
    """Return a response's value as JSON can hold it."""
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, datetime):
        return iso_text(value)
    if isinstance(value, StreamingBody):
        value = value.read()
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return value


def _normalise_parameters(
    _stock: Callable[..., Any],
    task: StateTaskService,
    parameters: dict[str, Any],
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    operation = _operation(task, boto_service_name, service_action_name)
    if operation is not None and operation.input_shape is not None:
        request = to_request(parameters, operation.input_shape)
        parameters.clear()
        parameters.update(request)


def _normalise_response(
    _stock: Callable[..., Any],
    task: StateTaskService,
    response: Any,
    boto_service_name: str | None = None,
    service_action_name: str | None = None,
) -> None:
    if not isinstance(response, dict):
        return
    plain = to_plain(response)
    response.clear()
    response.update(plain)
    operation = _operation(task, boto_service_name, service_action_name)
    if operation is not None and operation.output_shape is not None:
        task._from_boto_response(response, operation.output_shape)  # noqa: SLF001 - moto's casing


def _operation(
    task: StateTaskService, service: str | None, action: str | None
) -> OperationModel | None:
    return find_operation(
        task._get_boto_service_name(service),  # noqa: SLF001 - moto has no public name for it
        task._get_boto_service_action(action),  # noqa: SLF001 - as above
    )
