"""What DMS does between two PostgreSQL servers, done by PostgreSQL's own logical replication.

Nothing here knows of AWS's API: see `localcloud.cloud.database_migration`.
"""

from localcloud.replication.counters import TableCounter
from localcloud.replication.errors import MappingError, ReplicationError, UnreachableError
from localcloud.replication.mappings import TableMappings, parse_mappings
from localcloud.replication.naming import object_name
from localcloud.replication.replication import Assignment, Replication
from localcloud.replication.server import SSL_MODES, Server
from localcloud.replication.settings import TaskSettings, parse_settings
from localcloud.replication.tables import TableName

__all__ = [
    "SSL_MODES",
    "Assignment",
    "MappingError",
    "Replication",
    "ReplicationError",
    "Server",
    "TableCounter",
    "TableMappings",
    "TableName",
    "TaskSettings",
    "UnreachableError",
    "object_name",
    "parse_mappings",
    "parse_settings",
]
