"""Certificates that clients accept, and no others."""

import ssl
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from photoncloud.testkit.tls import Authority


def test_issued_files_fit_together(tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue("node-1", ["node-1", "10.0.0.1"], valid_for=timedelta(hours=1))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(issued.ca_file))
    context.load_cert_chain(issued.cert_file, issued.key_file)
    certificate = x509.load_pem_x509_certificate(issued.cert_file.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["node-1"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert issued.key_file.stat().st_mode & 0o077 == 0


def test_two_authorities_do_not_vouch_for_each_other(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "one"), Authority(tmp_path, "two")
    certificate = x509.load_pem_x509_certificate(first.issue().cert_file.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(first.ca_file.read_bytes()))
    other = x509.load_pem_x509_certificate(second.ca_file.read_bytes())
    assert other.subject != certificate.issuer
