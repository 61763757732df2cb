"""Botocore's own models of the services: what every operation accepts.

Models are loaded once a service and shared by all threads; they need no client and no network.
"""

import functools
import threading
from collections.abc import Mapping

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

_LOCK = threading.Lock()


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@functools.cache
def _load(service: str) -> ServiceModel:
    return _session().get_service_model(service)


def service_model(service: str) -> ServiceModel:
    """Return the model of a service by its boto3 name."""
    with _LOCK:
        return _load(service)


def operation_model(service: str, operation: str) -> OperationModel:
    """Return the model of one operation; raises OperationNotFoundError for an unknown one."""
    return service_model(service).operation_model(operation)


@functools.cache
def input_members(service: str, operation: str) -> Mapping[str, Shape]:
    """Return what an operation accepts, by member name; empty when it takes nothing."""
    shape = operation_model(service, operation).input_shape
    return dict(shape.members) if isinstance(shape, StructureShape) else {}


@functools.cache
def available_regions() -> frozenset[str]:
    """Return the names of AWS's regions (partition ``aws``), as botocore knows them."""
    return frozenset(_session().get_available_regions("ec2"))


def region_description(region: str) -> str:
    """Return the long name of a region, for example ``Asia Pacific (Singapore)``."""
    data = _session().get_data("endpoints")
    partition = next(each for each in data["partitions"] if each["partition"] == "aws")
    return str(partition["regions"][region]["description"])
