"""The cloud of one process: moto's settings, the extensions, the server, in their order."""

import os
import warnings
from pathlib import Path

from localcloud import bootstrap, settings
from localcloud.cloud.application import CloudApplication
from localcloud.cloud.extensions import Extensions
from localcloud.cloud.server import CloudServer
from localcloud.databases import CertificateAuthority


class Cloud:
    """Serves AWS's APIs on `server`. moto's state is global: make one a process."""

    def __init__(self, home: Path, identity: str, environment: str, server: CloudServer) -> None:
        self._identity = identity
        self._environment = environment
        self._server = server
        self._authority = CertificateAuthority.create(home / "ca")
        self._extensions = Extensions(home, server.endpoint_url, self._authority)

    def start(self) -> None:
        """Install the extensions, seed what exists before any deployment, and serve."""
        self._configure_moto()
        self._extensions.install()
        bootstrap.seed_secrets(
            settings.ACCOUNT_ID, settings.REGION, self._environment, self._authority.pem
        )
        self._server.serve(
            CloudApplication(
                self._identity, self._extensions.data_plane, self._extensions.installation
            )
        )

    def warm_up(self) -> None:
        """Load and prepare in the background what the first deployment needs."""
        from localcloud.cloud import warm_up

        warm_up.start(self._extensions.installation)
        self._extensions.warm_up()

    def stop(self) -> None:
        """End everything that this cloud started, except the server it was given."""
        self._extensions.stop()

    def _configure_moto(self) -> None:
        """Make moto's own calls reach this server (Step Functions' tasks, for one)."""
        from moto.core.config import default_user_config

        os.environ.update(
            MOTO_PORT=str(self._server.port),
            MOTO_EC2_LOAD_DEFAULT_AMIS="false",
            AWS_ACCESS_KEY_ID=settings.ACCESS_KEY_ID,
            AWS_SECRET_ACCESS_KEY=settings.SECRET_ACCESS_KEY,
            AWS_DEFAULT_REGION=settings.REGION,
        )
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        warnings.filterwarnings("ignore", module="moto")
