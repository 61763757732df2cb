"""Which extension belongs to which module of moto, installed when moto imports that module.

moto loads a service's modules on the first request for it; loading them all would take the
daemon seconds at start. So each extension waits for its module (PEP 369's post-import hooks,
through `wrapt`), by whatever path it comes to be imported.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import wrapt

from localcloud.cloud import lookups, repairs
from localcloud.cloud.api_gateway import extension as api_gateway_extension
from localcloud.cloud.application import DataPlane
from localcloud.cloud.background import run_in_background
from localcloud.cloud.installation import Installation
from localcloud.cloud.lambda_functions.executor import FunctionExecutor
from localcloud.cloud.lambda_functions.specification import FunctionSpecification
from localcloud.cloud.log_delivery import LogDelivery
from localcloud.databases import CertificateAuthority, DatabaseServers

if TYPE_CHECKING:
    from localcloud.cloud.database_migration.requests import Requests

_INTERPRETER = "moto.stepfunctions.parser"


class Extensions:
    """Everything that is added to moto, and the processes that it runs."""

    def __init__(
        self, home: Path, endpoint_url: str, certificate_authority: CertificateAuthority
    ) -> None:
        self._databases = DatabaseServers(home / "postgres", certificate_authority)
        self._endpoint_url = endpoint_url
        self._logs = LogDelivery()
        self._home = home
        self._replication: Requests | None = None
        self.installation = Installation()
        self._functions = FunctionExecutor(home / "lambda", endpoint_url, self._write_function_log)

    @property
    def data_plane(self) -> DataPlane:
        """Answers calls of deployed APIs."""
        return api_gateway_extension.endpoint(self._functions, self._logs)

    def install(self) -> None:
        """Register every extension, and the repairs of moto's control plane."""
        lookups.install()
        repairs.install()
        self._when_imported("moto.awslambda.models", self._install_lambda)
        self._when_imported("moto.apigateway.models", _install_api_gateway)
        self._when_imported("moto.events.models", _install_events)
        self._when_imported(f"{_INTERPRETER}.asl.utils.boto_client", self._install_clients)
        self._when_imported(f"{_INTERPRETER}.asl.utils.json_path", _install_paths)
        self._when_imported(f"{_INTERPRETER}.models", self._install_state_machines)
        self._when_imported("moto.rds.models", self._install_aurora)
        self._when_imported("moto.dms.responses", self._install_database_migration)
        self._when_imported("moto.sns.models", _install_sns)
        self._when_imported("moto.sqs.models", _install_sqs)
        self._when_imported("moto.ssm.models", _install_parameters)
        self._when_imported("moto.cloudwatch.models", _install_alarms)

    def warm_up(self) -> None:
        """Begin in the background what the first resources would have to wait for."""
        run_in_background("preparing databases", self._databases.prepare)

    def stop(self) -> None:
        """End every process that an extension runs."""
        self._functions.stop()
        if self._replication is not None:
            self._replication.lifecycle.close()
        self._databases.stop_all()

    def _when_imported(self, module: str, install: Callable[[], None]) -> None:
        """Call `install` once `module` is imported, at once if it is already."""

        def hook(_: ModuleType) -> None:
            try:
                install()
            except Exception as error:
                self.installation.failed(module, error)

        wrapt.register_post_import_hook(hook, module)

    def _install_lambda(self) -> None:
        from localcloud.cloud.lambda_functions import extension

        extension.install(self._functions)

    def _install_clients(self) -> None:
        """Replace moto's function before any module of the interpreter takes it by name."""
        from moto.stepfunctions.parser.asl.utils import boto_client

        from localcloud.cloud.state_machines.clients import Clients

        boto_client.boto_client_for = Clients(self._endpoint_url).get

    def _install_state_machines(self) -> None:
        from localcloud.cloud.state_machines import extension

        extension.install(self._logs)

    def _install_aurora(self) -> None:
        from localcloud.cloud.aurora import extension
        from localcloud.cloud.aurora.hosting import Hosting

        extension.install(Hosting(self._databases))

    def _install_database_migration(self) -> None:
        from localcloud.cloud.database_migration import extension

        self._replication = extension.install(self._home / "replication", self._databases.read_log)

    def _write_function_log(
        self, function: FunctionSpecification, stream: str, lines: list[str]
    ) -> None:
        account = function.arn.split(":")[4]
        group = function.log_group
        self._logs.put(account, function.region, group, stream, lines, create_group=True)


def _install_paths() -> None:
    """Replace moto's function before any module of the interpreter takes it by name."""
    from moto.stepfunctions.parser.asl.utils import json_path

    from localcloud.cloud.state_machines import paths

    paths.install(json_path)


def _install_api_gateway() -> None:
    from localcloud.cloud.api_gateway import configuration, snapshot

    snapshot.install()
    configuration.install()


def _install_events() -> None:
    from localcloud.cloud.events import extension

    extension.install()


def _install_sns() -> None:
    from localcloud.cloud.notifications import extension

    extension.install()


def _install_sqs() -> None:
    from localcloud.cloud.queues import extension

    extension.install()


def _install_parameters() -> None:
    from localcloud.cloud.change_events import parameters

    parameters.install()


def _install_alarms() -> None:
    from localcloud.cloud.change_events import alarms

    alarms.install()
