"""A certificate authority for the laptop cloud's database servers.

It plays the part of the region's RDS authority: servers present a certificate that it signed, and
clients verify it with ``sslmode=verify-full`` and the authority's PEM bundle.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE_FILE = "ca.pem"
KEY_FILE = "ca-key.pem"
AUTHORITY_NAME = "Laptop cloud database authority"
AUTHORITY_LIFETIME = timedelta(days=3650)
SERVER_LIFETIME = timedelta(days=397)
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class ServerCertificate:
    """A server's certificate and its private key, both PEM text."""

    certificate: str
    private_key: str


class CertificateAuthority:
    """A local authority; ``pem`` is its own certificate, which clients trust."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, folder: Path) -> "CertificateAuthority":
        """Return the authority kept in ``folder``, made now unless it is there and lasts.

        One that expires before a certificate issued today would is replaced.
        """
        certificate_file, key_file = folder / CERTIFICATE_FILE, folder / KEY_FILE
        if certificate_file.exists() and key_file.exists():
            authority = cls._load(certificate_file, key_file)
            if authority.outlives(SERVER_LIFETIME):
                return authority
        folder.mkdir(parents=True, exist_ok=True)
        authority = cls._new()
        authority.write(certificate_file, key_file)
        return authority

    @property
    def pem(self) -> str:
        """The authority's certificate as PEM text."""
        return _certificate_pem(self._certificate)

    def outlives(self, lifetime: timedelta) -> bool:
        """Tell whether the authority is still valid after this time."""
        return self._certificate.not_valid_after_utc > datetime.now(UTC) + lifetime

    def write(self, certificate_file: Path, key_file: Path) -> None:
        """Write certificate and key; only we can read the key."""
        key_file.unlink(missing_ok=True)
        key_file.touch(mode=0o600)
        key_file.write_text(_key_pem(self._key), encoding="ascii")
        certificate_file.write_text(self.pem, encoding="ascii")

    def issue(
        self,
        names: tuple[str, ...] = ("localhost",),
        addresses: tuple[str, ...] = ("127.0.0.1",),
    ) -> ServerCertificate:
        """Return a new server certificate for these DNS names and IP addresses (RFC 5280)."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(text)) for text in addresses]
        builder = (
            _builder(_name(names[0]), self._certificate.subject, key, SERVER_LIFETIME)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        return ServerCertificate(_certificate_pem(certificate), _key_pem(key))

    @classmethod
    def _new(cls) -> "CertificateAuthority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(AUTHORITY_NAME)
        builder = (
            _builder(name, name, key, AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_SIGNS_CERTIFICATES, critical=True)
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def _load(cls, certificate_file: Path, key_file: Path) -> "CertificateAuthority":
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_file} does not hold an elliptic-curve key")
        return cls(certificate, key)


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")
