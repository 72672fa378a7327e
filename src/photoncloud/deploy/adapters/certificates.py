"""The certificate authority of one installation and a certificate for each component (ECDSA P-256)."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 365
# Clocks of other machines may be a little behind ours.
BACKDATE = datetime.timedelta(minutes=5)
RENEW_AFTER_FRACTION = 2 / 3
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Pair:
    """PEM texts."""

    certificate: bytes
    key: bytes


def authority(now: datetime.datetime) -> Pair:
    """A new self-signed authority that may sign end certificates only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PhotonCloud local authority")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def issue(signer: Pair, component: str, now: datetime.datetime, names: Iterable[str] = LOOPBACK_NAMES) -> Pair:
    """A certificate for a component, valid for its name and `names`, as server and as client."""
    signer_certificate = x509.load_pem_x509_certificate(signer.certificate)
    signer_key = serialization.load_pem_private_key(signer.key, password=None)
    if not isinstance(signer_key, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is not an elliptic curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, component)])
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key())
    builder = (
        _builder(subject, signer_certificate.subject, key.public_key(), now, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in (component, *names)]), critical=False)
        .add_extension(authority_key, critical=False)
    )
    return _pair(builder.sign(signer_key, hashes.SHA256()), key)


def is_due(certificate: bytes, signer_certificate: bytes, now: datetime.datetime) -> bool:
    """Whether two thirds of its life are over, or another authority signed it."""
    try:
        known = x509.load_pem_x509_certificate(certificate)
        known.verify_directly_issued_by(x509.load_pem_x509_certificate(signer_certificate))
    except Exception:  # whatever is wrong with it, a new one is due
        return True
    life = known.not_valid_after_utc - known.not_valid_before_utc
    return now >= known.not_valid_before_utc + life * RENEW_AFTER_FRACTION


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return Pair(
        certificate.public_bytes(encoding),
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain),
    )
