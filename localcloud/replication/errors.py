"""What goes wrong with a replication, in words that end up in ``LastFailureMessage``."""


class ReplicationError(Exception):
    """It cannot start or go on until somebody changes something; the message says what."""


class UnreachableError(ReplicationError):
    """A server did not let us in: wrong address, TLS or password. The message is the driver's."""


class MappingError(ValueError):
    """Table mappings or task settings that are not what DMS takes; the message says where."""
