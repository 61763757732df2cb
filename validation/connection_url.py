"""Connection strings as libpq takes them, checked before one of their parts is ever shown.

Sources: PostgreSQL manual, "Connection Strings", "Parameter Key Words", "Environment Variables".
"""

import os
import re
from collections.abc import Mapping

import psycopg
from psycopg.conninfo import conninfo_to_dict

from functions.data_validation.errors import UnusableInputError

_DEFAULTS = {
    # A host that does not answer, and a connection whose other end is gone, are found in time.
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_VARIABLES = {"connect_timeout": "PGCONNECT_TIMEOUT"}
_ENCODE = "characters such as / : @ # ? in a password have to be percent-encoded"
_FORMS = "postgresql://user:password@host:port/database, or host=… dbname=…, or service=…"
_SECRETS = ("password", "sslpassword")
HIDDEN = "***"


def parse(url: str, option: str) -> dict[str, str]:
    """Return a connection string's parameters, with time-outs where it has none.

    Raises UnusableInputError, which names `option` and never quotes the string: what libpq takes
    for a host or a port may be part of a password that was not encoded.
    """
    if not url.strip():
        raise UnusableInputError(f"{option} is empty\nexpected: {_FORMS}")
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        raise UnusableInputError(
            f"{option} is not a connection string of PostgreSQL\nexpected: {_FORMS}\n{_ENCODE}"
        ) from None
    if not re.fullmatch(r"[0-9,]*", given.get("port", "")):
        raise UnusableInputError(f"{option}: the port is not a number\n{_ENCODE}")
    if "@" in given.get("host", ""):
        raise UnusableInputError(f"{option}: the host has an @ in it\n{_ENCODE}")
    if _is_misread(given.get("dbname", ""), url):
        raise UnusableInputError(f"{option}: the database's name has an @ or :// in it\n{_ENCODE}")
    defaults = {
        key: value for key, value in _DEFAULTS.items() if _VARIABLES.get(key, "") not in os.environ
    }
    return {**defaults, **given}


def _is_misread(database: str, url: str) -> bool:
    """Return whether a database's name is likely the rest of a URL, with a password in it.

    In `user:12/rest@host` the password's digits are taken for a port, and its rest for a name.
    """
    written_so = "://" not in url or "%40" in url
    return "://" in database or ("@" in database and not written_so)


def label(parameters: Mapping[str, str]) -> str:
    """Return `host:port/database` as far as it is known, for people; never a password."""
    host = parameters.get("host") or os.environ.get("PGHOST") or "localhost"
    port = parameters.get("port") or os.environ.get("PGPORT")
    database = parameters.get("dbname") or os.environ.get("PGDATABASE")
    service = parameters.get("service")
    if service and "host" not in parameters:
        return f"service {service}"
    return f"{host}{f':{port}' if port else ''}{f'/{database}' if database else ''}"


def redacted(message: str, parameters: Mapping[str, str]) -> str:
    """Return a message of libpq in one line, without any secret of the connection string."""
    secrets = [parameters[key] for key in _SECRETS if parameters.get(key)]
    for secret in (*secrets, os.environ.get("PGPASSWORD")):
        if secret:
            message = message.replace(secret, HIDDEN)
    return " ".join(message.split())
