"""Certificates that endpoints verify servers with.

Sources: ImportCertificate, DescribeCertificates and DeleteCertificate, AWS DMS API Reference. moto
has none of them.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography import x509
from moto.dms.exceptions import ResourceAlreadyExistsFault, ResourceNotFoundFault
from moto.dms.responses import DatabaseMigrationServiceResponse

from localcloud.cloud.database_migration.faults import InvalidCertificateError
from localcloud.cloud.database_migration.filtering import filtered

Response = DatabaseMigrationServiceResponse

_FILTERS = {"certificate-arn": "arn", "certificate-id": "identifier"}


@dataclass(frozen=True)
class Certificate:
    """An imported certificate and the file that drivers and servers read it from."""

    arn: str
    identifier: str
    pem: str
    created: datetime
    file: Path
    valid_from: datetime
    valid_to: datetime

    def describe(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "CertificateIdentifier": self.identifier,
            "CertificateCreationDate": self.created.timestamp(),
            "CertificatePem": self.pem,
            "CertificateArn": self.arn,
            "ValidFromDate": self.valid_from.timestamp(),
            "ValidToDate": self.valid_to.timestamp(),
        }


class Certificates:
    """The certificates of this cloud; used under its lock. Their files are below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_arn: dict[str, Certificate] = {}

    def file(self, arn: str) -> Path | None:
        """Return the file of a certificate, None for an unknown one."""
        certificate = self._by_arn.get(arn)
        return certificate.file if certificate is not None else None

    def import_certificate(self, response: Response) -> str:
        """Answer ImportCertificate, for PEM text."""
        body = json.loads(response.body)
        if "CertificatePem" not in body:
            raise NotImplementedError("Only CertificatePem can be imported.")
        identifier, pem = body["CertificateIdentifier"], body["CertificatePem"]
        if any(each.identifier == identifier for each in self._by_arn.values()):
            raise ResourceAlreadyExistsFault(f"Certificate {identifier} already exists.")
        try:
            leading = x509.load_pem_x509_certificates(pem.encode())[0]
        except ValueError as error:
            raise InvalidCertificateError(f"The certificate is not valid: {error}") from error
        key = uuid4().hex.upper()
        arn = f"arn:aws:dms:{response.region}:{response.current_account}:cert:{key}"
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{key}.pem"
        file.write_text(pem, encoding="ascii")
        certificate = Certificate(
            arn,
            identifier,
            pem,
            datetime.now(UTC),
            file,
            leading.not_valid_before_utc,
            leading.not_valid_after_utc,
        )
        self._by_arn[arn] = certificate
        if body.get("Tags"):
            response.dms_backend.tagger.tag_resource(arn, body["Tags"])
        return json.dumps({"Certificate": certificate.describe()})

    def describe(self, response: Response) -> str:
        """Answer DescribeCertificates, filtered by ARN or identifier."""
        request = json.loads(response.body or "{}")
        found = filtered(list(self._by_arn.values()), request, _FILTERS, getattr)
        if request.get("Filters") and not found:
            raise ResourceNotFoundFault("No certificates found matching the filters.")
        return json.dumps({"Certificates": [one.describe() for one in found]})

    def delete(self, response: Response) -> str:
        """Answer DeleteCertificate."""
        certificate = self._by_arn.pop(json.loads(response.body)["CertificateArn"], None)
        if certificate is None:
            raise ResourceNotFoundFault("Certificate could not be found.")
        certificate.file.unlink(missing_ok=True)
        return json.dumps({"Certificate": certificate.describe()})
