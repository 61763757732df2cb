"""Repairs of moto's control plane: what creating, reading and changing resources runs into.

Each module repairs one service and names the behaviour of AWS that it restores. A repair waits
until moto loads the service (most are never loaded in a run), so installing all costs nothing.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import wrapt

_REPAIRS = {
    "moto.apigateway.urls": "api_gateway",
    "moto.awslambda.models": "lambda_functions",
    "moto.dms.responses": "replication",
    "moto.ec2.responses": "networks",
    "moto.kms.responses": "keys",
    "moto.logs.responses": "log_groups",
    "moto.rds.responses": "databases",
    "moto.s3.models": "bucket_policies",
    "moto.secretsmanager.models": "secret_rotation",
}
"""The module of moto that, once loaded, is repaired by which module here."""

_EC2_ALSO = ("security_groups", "transit_gateways")

_registered: set[str] = set()


def install() -> None:
    """Register every repair; doing so again changes nothing."""
    for module, name in _REPAIRS.items():
        if module not in _registered:
            _registered.add(module)
            names = (name, *_EC2_ALSO) if module == "moto.ec2.responses" else (name,)
            wrapt.register_post_import_hook(_hook(names), module)


def _hook(names: tuple[str, ...]) -> Callable[[ModuleType], None]:
    def run(_: ModuleType) -> None:
        for name in names:
            import_module(f"{__name__}.{name}").install()

    return run
