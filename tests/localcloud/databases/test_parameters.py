import pytest

from localcloud.databases.errors import DatabaseServerError
from localcloud.databases.parameters import (
    AURORA_ONLY,
    ServerParameters,
    client_authentication,
    configuration,
    interpret,
)

KNOWN = frozenset({"work_mem", "log_statement", "port", "fsync", "shared_preload_libraries"})


def lines(parameters: ServerParameters, primary: str = "") -> list[str]:
    text = configuration(parameters, server_name="source", sockets="/s", primary=primary)
    return text.splitlines()


def test_tls_is_forced_and_logical_replication_off_unless_a_parameter_says_otherwise() -> None:
    default = interpret({}, KNOWN)
    assert (default.force_ssl, default.logical_replication) == (True, False)
    assert "wal_level = 'replica'" in lines(default)
    chosen = interpret({"rds.force_ssl": "0", "rds.logical_replication": "on"}, KNOWN)
    assert (chosen.force_ssl, chosen.logical_replication) == (False, True)
    assert "wal_level = 'logical'" in lines(chosen)
    assert "rds.force_ssl = 'off'" in lines(chosen)


def test_a_known_parameter_overrides_the_local_default_whatever_its_case() -> None:
    parameters = interpret({"Work_Mem": "8192", "log_statement": "ddl"}, KNOWN)
    assert "work_mem = '8192'" in lines(parameters)
    assert "log_statement = 'ddl'" in lines(parameters)


def test_every_refused_parameter_is_named() -> None:
    parameters = {"work_mem": "4096", "wrok_mem": "1", "port": "1", "fsync": "off"}
    with pytest.raises(DatabaseServerError, match=r"set: fsync, port, wrok_mem$"):
        interpret(parameters, KNOWN)


def test_parameters_of_aurora_alone_are_accepted_and_shown_where_they_have_a_prefix() -> None:
    parameters = interpret(dict.fromkeys(AURORA_ONLY, "1"), KNOWN)
    assert "rds.adaptive_autovacuum = '1'" in lines(parameters)
    assert not any(line.startswith("apg_ccm_enabled") for line in lines(parameters))


def test_an_extension_takes_parameters_only_when_its_library_is_loaded() -> None:
    setting = {"auto_explain.log_min_duration": "500"}
    loaded = {"shared_preload_libraries": "pg_stat_statements, auto_explain"}
    assert interpret({**setting, **loaded}, KNOWN).settings["auto_explain.log_min_duration"]
    with pytest.raises(DatabaseServerError, match=r"auto_explain\.log_min_duration"):
        interpret(setting, KNOWN)


def test_a_formula_of_the_instance_class_leaves_the_local_default() -> None:
    formula = {"work_mem": "{DBInstanceClassMemory/12582880}"}
    assert interpret(formula, KNOWN).settings == {}


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(DatabaseServerError, match=r"rds\.force_ssl is 'maybe'"):
        interpret({"rds.force_ssl": "maybe"}, KNOWN)


def test_values_cannot_escape_their_quotes() -> None:
    parameters = interpret({"work_mem": "1'\nfsync = 'x\\"}, KNOWN)
    with pytest.raises(DatabaseServerError, match="work_mem"):
        lines(parameters)


def test_only_tls_connections_get_in_when_tls_is_forced() -> None:
    forced = client_authentication(ServerParameters(force_ssl=True))
    assert "\nhost all all" not in forced
    assert "hostssl all all 127.0.0.1/32 scram-sha-256" in forced
    assert "\nhost all all" in client_authentication(ServerParameters(force_ssl=False))


def test_a_reader_is_told_where_its_writer_is() -> None:
    assert "primary_conninfo = 'host=/s port=1'" in lines(ServerParameters(), "host=/s port=1")
    assert not any("primary_conninfo" in line for line in lines(ServerParameters()))
