"""From a DB cluster's parameters to a local server's configuration files. Pure text, no server.

Names come from "Aurora PostgreSQL parameters" in the Amazon Aurora user guide and from the
"Server Configuration" chapter of the PostgreSQL manual.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from localcloud.databases.errors import DatabaseServerError

ADMINISTRATOR = "rdsadmin"

# Aurora's own parameters: accepted, shown by SHOW where their name has a prefix (PostgreSQL keeps
# any such name as a placeholder), and without effect here unless the text below says so.
AURORA_ONLY = frozenset(
    {
        "apg_ccm_enabled",
        "apg_enable_batch_mode_function_execution",
        "apg_enable_correlated_any_transform",
        "apg_enable_function_migration",
        "apg_enable_not_in_transform",
        "apg_enable_remove_redundant_inner_joins",
        "apg_plan_mgmt.capture_plan_baselines",
        "apg_plan_mgmt.use_plan_baselines",
        "aurora_compute_plan_id",
        "aurora_stat_statements.enabled",
        "rds.accepted_password_auth_method",
        "rds.adaptive_autovacuum",
        "rds.allowed_extensions",
        "rds.babelfish_status",
        "rds.enable_plan_management",
        "rds.extensions",
        "rds.force_admin_logging_level",
        "rds.force_autovacuum_logging_level",
        "rds.global_db_rpo",
        "rds.log_retention_period",
        "rds.logically_replicate_unlogged_tables",
        "rds.rds_superuser_reserved_connections",
        "rds.restrict_password_commands",
    }
)

# Aurora parameters that change how the local server is set up, with Aurora's defaults.
FORCE_SSL = "rds.force_ssl"
LOGICAL_REPLICATION = "rds.logical_replication"
_SWITCHES = {FORCE_SSL: True, LOGICAL_REPLICATION: False}

# Parameters of earlier majors that the stand-in servers no longer have.
RETIRED = frozenset(
    {
        "force_parallel_mode",
        "old_snapshot_threshold",
        "vacuum_defer_cleanup_age",
        "db_user_namespace",
    }
)

# What the local service decides alone; a parameter group cannot change these on Aurora either.
_RESERVED = frozenset(
    {
        "cluster_name",
        "config_file",
        "data_directory",
        "external_pid_file",
        "full_page_writes",
        "fsync",
        "hba_file",
        "ident_file",
        "listen_addresses",
        "logging_collector",
        "port",
        "primary_conninfo",
        "ssl",
        "ssl_ca_file",
        "ssl_cert_file",
        "ssl_key_file",
        "unix_socket_directories",
        "unix_socket_permissions",
        "wal_level",
    }
)

# Sized so that four servers fit beside everything else on a laptop with two cores.
#
# fsync is off: a commit is still written to the operating system before it is acknowledged, so
# committed rows survive the death of the server process (kill -9), only not that of the machine.
# full_page_writes stays on: the kernel may cut a killed process's 8 kB write between two 4 kB
# pages, and the full page image in the log is what mends such a page.
# wal_keep_size lets a reader fall behind for a moment without a replication slot, which Aurora's
# readers (they share the storage) do not show either.
DEFAULTS: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "huge_pages": "off",
    "dynamic_shared_memory_type": "posix",
    "max_worker_processes": "24",
    "max_parallel_workers": "2",
    "max_logical_replication_workers": "12",
    "max_replication_slots": "20",
    "max_wal_senders": "20",
    "wal_keep_size": "512MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "ISO, MDY",
    "lc_messages": "C.UTF-8",
    "default_text_search_config": "pg_catalog.english",
    "log_line_prefix": "%t:%r:%u@%d:[%p]:",
    "log_checkpoints": "off",
}
_FIXED: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "full_page_writes": "on",
    "logging_collector": "off",
    "ssl": "on",
    "ssl_cert_file": "server.pem",
    "ssl_key_file": "server-key.pem",
    "ssl_min_protocol_version": "TLSv1.2",
}


@dataclass(frozen=True)
class ServerParameters:
    """A cluster's parameters, checked: PostgreSQL's ``settings`` and Aurora's two switches."""

    settings: Mapping[str, str] = field(default_factory=dict)
    force_ssl: bool = True
    logical_replication: bool = False


def interpret(parameters: Mapping[str, str], known: Collection[str]) -> ServerParameters:
    """Return a cluster's parameters as a local server can use them.

    ``known`` are the names that the server itself describes. A value that is a formula of the
    instance class (``{DBInstanceClassMemory/9531392}``) leaves the local default in place.
    Raises DatabaseServerError that names every parameter nobody knows or that cannot be set.
    """
    lowered = {name.lower(): value for name, value in parameters.items()}
    libraries = _preloaded(lowered)
    refused = sorted(name for name in lowered if not _is_accepted(name, known, libraries))
    if refused:
        raise DatabaseServerError(
            "neither Aurora PostgreSQL nor this PostgreSQL lets a parameter group set: "
            + ", ".join(refused)
        )
    settings = {
        name: value
        for name, value in lowered.items()
        if _reaches_server(name, known) and "{" not in value
    }
    return ServerParameters(
        settings=settings,
        force_ssl=_switch(lowered, FORCE_SSL),
        logical_replication=_switch(lowered, LOGICAL_REPLICATION),
    )


def configuration(
    parameters: ServerParameters, *, server_name: str, sockets: str, primary: str = ""
) -> str:
    """Return the text of ``postgresql.conf``; ``primary`` is a reader's ``primary_conninfo``.

    A reader gets the same settings as its writer: hot standby needs them not to be smaller.
    """
    settings = {
        **DEFAULTS,
        **parameters.settings,
        **_FIXED,
        "cluster_name": server_name,
        "unix_socket_directories": sockets,
        "wal_level": "logical" if parameters.logical_replication else "replica",
        FORCE_SSL: "on" if parameters.force_ssl else "off",
        LOGICAL_REPLICATION: "on" if parameters.logical_replication else "off",
    }
    if primary:
        settings["primary_conninfo"] = primary
    return "".join(_line(name, value) for name, value in settings.items())


def client_authentication(parameters: ServerParameters) -> str:
    """Return the text of ``pg_hba.conf``.

    The administrator comes only through the Unix socket, whose folder nobody else can enter;
    everybody else only through TCP with a SCRAM password, and only over TLS when it is forced.
    """
    kind = "hostssl" if parameters.force_ssl else "host"
    return (
        f"local all {ADMINISTRATOR} trust\n"
        f"local replication {ADMINISTRATOR} trust\n"
        f"host all {ADMINISTRATOR} all reject\n"
        f"host replication {ADMINISTRATOR} all reject\n"
        f"{kind} all all 127.0.0.1/32 scram-sha-256\n"
        f"{kind} replication all 127.0.0.1/32 scram-sha-256\n"
    )


def _preloaded(parameters: Mapping[str, str]) -> frozenset[str]:
    listed = parameters.get("shared_preload_libraries", "").split(",")
    return frozenset(name.strip() for name in listed if name.strip())


def _is_accepted(name: str, known: Collection[str], libraries: Collection[str]) -> bool:
    if name in _RESERVED:
        return False
    aurora = name in AURORA_ONLY or name in _SWITCHES or name in RETIRED
    return aurora or name in known or name.partition(".")[0] in libraries


def _reaches_server(name: str, known: Collection[str]) -> bool:
    return name not in _SWITCHES and (name in known or "." in name)


def _switch(parameters: Mapping[str, str], name: str) -> bool:
    value = parameters.get(name, "1" if _SWITCHES[name] else "0").lower()
    if value not in ("0", "1", "on", "off", "true", "false"):
        raise DatabaseServerError(f"parameter {name} is {value!r}, neither 0 nor 1")
    return value in ("1", "on", "true")


def _line(name: str, value: str) -> str:
    if "\n" in value or "\r" in value:
        raise DatabaseServerError(f"parameter {name} has a value of several lines")
    return f"{name} = {_quoted(value)}\n"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
