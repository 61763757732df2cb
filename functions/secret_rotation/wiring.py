"""A rotation of one of the secrets, built from the function's environment."""

import functools

from functions.runtime import aws
from functions.runtime.route import RouteReader, Side
from functions.runtime.secrets import SecretReader
from functions.secret_rotation.access import Access
from functions.secret_rotation.application import ApplicationRotation
from functions.secret_rotation.credentials import Credential
from functions.secret_rotation.errors import RotationRefusedError
from functions.secret_rotation.master import MasterRotation
from functions.secret_rotation.pause import PauseFlag
from functions.secret_rotation.request import Request
from functions.secret_rotation.rotation import Rotation, Strategy
from functions.secret_rotation.settings import Settings
from functions.secret_rotation.versions import SecretVersions

_client = functools.cache(aws.client)


def rotation(settings: Settings, request: Request) -> Rotation:
    """Return the rotation that a request belongs to; no database is reached yet.

    No value is kept between invocations, so none can be out of date. Raises RotationRefusedError
    for a secret that is none of those that the function knows, and SecretError when the
    authority's bundle cannot be read.
    """
    client = _client("secretsmanager")
    versions = SecretVersions(client, request.secret_arn, request.token)
    return Rotation(versions, _strategy(settings, request.secret_arn, SecretReader(client)))


def _strategy(settings: Settings, secret_arn: str, reader: SecretReader) -> Strategy:
    if secret_arn == settings.application_secret_arn:
        return _application(settings, reader)
    for side, master_arn in settings.master_secrets.items():
        if secret_arn == master_arn:
            pause = PauseFlag(_client("ssm"), settings.workflow_parameter_path)
            return MasterRotation(_access(settings, reader), side, pause, schema=settings.schema)
    raise RotationRefusedError(f"{secret_arn} is no secret that this function rotates")


def _application(settings: Settings, reader: SecretReader) -> ApplicationRotation:
    route = RouteReader(_client("ssm"), settings.route_parameter_name)

    def master(side: Side) -> Credential:
        return Credential(reader.read(settings.master_secrets[side], ("username", "password")))

    return ApplicationRotation(
        _access(settings, reader),
        master,
        lambda: route.read().active,
        schema=settings.schema,
        writer_role=settings.writer_role,
    )


def _access(settings: Settings, reader: SecretReader) -> Access:
    authority = reader.read(settings.certificate_authority_secret_arn, ("pem",))["pem"]
    return Access(settings.servers, authority, settings.powertools_service_name)
