"""Errors of the AWS DMS API that moto lacks ("Common Errors" and each operation's own)."""

from moto.dms.exceptions import DmsClientError

from localcloud.replication import MappingError


class InvalidParameterValueError(DmsClientError):
    """400 InvalidParameterValueException: a parameter that cannot be understood."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValueException", message)

    @classmethod
    def of_mappings(cls, error: MappingError) -> "InvalidParameterValueError":
        """Return the fault for table mappings or task settings."""
        return cls(f"Error in mapping rules. {error}")


class InvalidCertificateError(DmsClientError):
    """400 InvalidCertificateFault: what was imported is no certificate."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidCertificateFault", message)


class S3NotFoundError(DmsClientError):
    """400 S3ResourceNotFoundFault: a bucket for results that does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__("S3ResourceNotFoundFault", message)
