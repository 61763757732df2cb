"""From DMS's endpoints to servers: address, credentials and TLS. Used under the cloud's lock."""

import json
from typing import Any

from moto.dms.exceptions import ResourceNotFoundFault
from moto.dms.models import DatabaseMigrationServiceBackend, Endpoint

from localcloud.cloud.database_migration.certificates import Certificates
from localcloud.replication import SSL_MODES, Server, UnreachableError

_ENGINES = ("aurora-postgresql", "postgres")
_DEFAULT_PORT = 5432


def find(backend: DatabaseMigrationServiceBackend, arn: str) -> Endpoint:
    """Return an endpoint; raises ResourceNotFoundFault."""
    for endpoint in backend.endpoints.values():
        if endpoint.endpoint_arn == arn:
            return endpoint
    raise ResourceNotFoundFault(f"Endpoint {arn} could not be found.")


def server_of(
    backend: DatabaseMigrationServiceBackend, endpoint: Endpoint, certificates: Certificates
) -> Server:
    """Return the server that an endpoint leads to.

    Raises NotImplementedError for other engines than PostgreSQL, UnreachableError for a secret or
    a certificate that is missing.
    """
    if endpoint.engine_name not in _ENGINES:
        raise NotImplementedError(f"Endpoints of the engine {endpoint.engine_name!r}.")
    settings: dict[str, Any] = endpoint.postgre_sql_settings or {}
    if settings.get("SlotName"):
        raise NotImplementedError("SlotName of an endpoint: a task makes its slot itself.")
    login = _login(backend, endpoint, settings)
    mode = endpoint.ssl_mode or "none"
    root = None
    if mode.startswith("verify"):
        root = certificates.file(endpoint.certificate_arn or "")
        if root is None:
            raise UnreachableError(f"SslMode {mode} needs a certificate (CertificateArn)")
    if mode not in SSL_MODES:
        raise UnreachableError(f"SslMode {mode!r} is not one of {', '.join(SSL_MODES)}")
    return Server(
        host=login["host"],
        port=int(login["port"] or _DEFAULT_PORT),
        database=endpoint.database_name or settings.get("DatabaseName") or "postgres",
        user=login["username"],
        password=login["password"],
        ssl_mode=mode,
        root_certificate=root,
    )


def _login(
    backend: DatabaseMigrationServiceBackend, endpoint: Endpoint, settings: dict[str, Any]
) -> dict[str, Any]:
    """Return address and credentials, the endpoint's own or those of its secret.

    "Using secrets to access AWS Database Migration Service endpoints", AWS DMS User Guide.
    """
    secret = settings.get("SecretsManagerSecretId")
    if secret:
        return _from_secret(backend, secret)
    return {
        "host": endpoint.server_name or settings.get("ServerName") or "",
        "port": endpoint.port or settings.get("Port"),
        "username": endpoint.username or settings.get("Username") or "",
        "password": endpoint.password or settings.get("Password") or "",
    }


def _from_secret(backend: DatabaseMigrationServiceBackend, secret: str) -> dict[str, Any]:
    from moto.core.exceptions import JsonRESTError
    from moto.secretsmanager.models import secretsmanager_backends

    secrets = secretsmanager_backends[backend.account_id][backend.region_name]
    try:
        text = secrets.get_secret_value(secret, "", "AWSCURRENT")["SecretString"]
        content = json.loads(text)
        return {name: content[name] for name in ("host", "port", "username", "password")}
    except (JsonRESTError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise UnreachableError(
            f"Unable to find Secrets Manager secret {secret} with host, port, username and "
            f"password: {error}"
        ) from error
