"""Parameter Store tells the default bus of every parameter made, changed or deleted.

Source: "Reference: Amazon EventBridge event patterns and types for Systems Manager", Systems
Manager User Guide: the event says what was done to which parameter, not its value.
"""

from collections.abc import Callable
from typing import Any

from moto.ssm.models import SimpleSystemManagerBackend

from localcloud.cloud.events.emission import emit
from localcloud.cloud.patching import wrap

Stock = Callable[..., Any]
Backend = SimpleSystemManagerBackend


def install() -> None:
    """Tell what is done to parameters, after it was done."""
    wrap(Backend, "put_parameter", _put)
    wrap(Backend, "delete_parameter", _delete)
    wrap(Backend, "delete_parameters", _delete_several)


def _put(stock: Stock, backend: Backend, name: str, *arguments: Any, **keywords: Any) -> Any:
    existed = backend.get_parameter(name) is not None
    parameter = stock(backend, name, *arguments, **keywords)
    _tell(backend, "Update" if existed else "Create", name, parameter.parameter_type)
    return parameter


def _delete(stock: Stock, backend: Backend, name: str) -> None:
    parameter = backend.get_parameter(name)
    stock(backend, name)
    _tell(backend, "Delete", name, parameter.parameter_type if parameter else "String")


def _delete_several(stock: Stock, backend: Backend, names: list[str]) -> Any:
    kinds = {name: backend.get_parameter(name) for name in names}
    deleted = stock(backend, names)
    for name in deleted:
        parameter = kinds[name]
        _tell(backend, "Delete", name, parameter.parameter_type if parameter else "String")
    return deleted


def _tell(backend: Backend, operation: str, name: str, kind: str) -> None:
    account, region = backend.account_id, backend.region_name
    path = name.removeprefix("/")
    emit(
        account,
        region,
        source="aws.ssm",
        detail_type="Parameter Store Change",
        resources=[f"arn:aws:ssm:{region}:{account}:parameter/{path}"],
        detail={"operation": operation, "name": name, "type": kind, "description": ""},
    )
