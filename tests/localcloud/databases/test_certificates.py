from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from localcloud.databases import CertificateAuthority, certificates


def verify(authority: CertificateAuthority, certificate: str, name: str) -> None:
    store = Store([x509.load_pem_x509_certificate(authority.pem.encode())])
    verifier = PolicyBuilder().store(store).build_server_verifier(x509.DNSName(name))
    verifier.verify(x509.load_pem_x509_certificate(certificate.encode()), [])


def test_a_server_certificate_verifies_under_its_own_authority_and_name_only(
    tmp_path: Path,
) -> None:
    authority = CertificateAuthority.create(tmp_path / "one")
    certificate = authority.issue().certificate
    verify(authority, certificate, "localhost")
    with pytest.raises(VerificationError):
        verify(authority, certificate, "elsewhere.example")
    with pytest.raises(VerificationError):
        verify(CertificateAuthority.create(tmp_path / "other"), certificate, "localhost")


def test_a_certificate_names_localhost_and_the_loopback_address(tmp_path: Path) -> None:
    issued = CertificateAuthority.create(tmp_path).issue()
    certificate = x509.load_pem_x509_certificate(issued.certificate.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_an_existing_authority_is_loaded_and_still_signs(tmp_path: Path) -> None:
    first = CertificateAuthority.create(tmp_path)
    second = CertificateAuthority.create(tmp_path)
    assert second.pem == first.pem
    verify(first, second.issue().certificate, "localhost")


def test_an_authority_that_would_not_outlive_its_certificates_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "AUTHORITY_LIFETIME", timedelta(days=30))
    expiring = CertificateAuthority.create(tmp_path)
    monkeypatch.undo()
    assert CertificateAuthority.create(tmp_path).pem != expiring.pem


def test_only_the_owner_can_read_the_authoritys_key(tmp_path: Path) -> None:
    CertificateAuthority.create(tmp_path)
    assert (tmp_path / certificates.KEY_FILE).stat().st_mode & 0o077 == 0
