"""Zones, signatures and packets for the tests of flashdns."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rdata
from photoncloud.flashdns.core.dnskey import ZoneKey
from photoncloud.flashdns.core.signing import SigningPolicy, finish_signing, plan_signing
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.core.zone_load import load

NOW_SEC = 1_750_000_000
ED25519 = 15
_PRIVATE = {
    "ksk": Ed25519PrivateKey.from_private_bytes(b"k" * 32),
    "zsk": Ed25519PrivateKey.from_private_bytes(b"z" * 32),
}
KEYS = [
    ZoneKey(role, ED25519, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    for role, key in _PRIVATE.items()
]


def _name(text: str) -> bytes:
    return names.from_text(text, names.ROOT)


def _zone(text: str, origin: str = "example.") -> Zone:
    verdict = load(text, file="zone", origin=_name(origin), strict=False)
    assert verdict.zone is not None, verdict.findings
    return verdict.zone


def _sign(
    zone: Zone, policy: SigningPolicy | None = None, *, previous: Zone | None = None, now_sec: int = NOW_SEC
) -> Zone:
    plan = plan_signing(zone, previous, KEYS, policy or SigningPolicy(algorithm=ED25519), now_sec)
    return finish_signing(plan, [_PRIVATE[task.key.role].sign(task.octets) for task in plan.tasks])


def _query(qname: bytes | str, qtype: str | int, *, opt: bytes = b"", flags: int = 0, qclass: int = 1) -> bytes:
    wire = _name(qname) if isinstance(qname, str) else qname
    number = rdata.query_type_number(qtype) if isinstance(qtype, str) else qtype
    head = struct.pack("!6H", 0x1234, flags, 1, 0, 0, 1 if opt else 0)
    return head + wire + struct.pack("!HH", number, qclass) + opt


def _opt(size: int = 1232, *, dnssec: bool = False, version: int = 0, options: bytes = b"") -> bytes:
    return b"\x00" + struct.pack("!HHIH", 41, size, version << 16 | (0x8000 if dnssec else 0), len(options)) + options


@pytest.fixture(scope="session")
def dns() -> SimpleNamespace:
    """Makers: `name(text)`, `zone(text)`, `sign(zone, policy)`, `query(qname, qtype)`, `opt(size)`; `keys`, `now`."""
    return SimpleNamespace(
        name=_name, zone=_zone, sign=_sign, query=_query, opt=_opt, keys=KEYS, private=_PRIVATE, now=NOW_SEC
    )


@pytest.fixture(scope="session")
def example(dns: SimpleNamespace) -> Zone:
    """A zone with everything the lookup has rules for."""
    return dns.zone(EXAMPLE)


EXAMPLE = r"""
$TTL 3600
@           SOA ns1 admin 2024010101 3600 1800 604800 300
@           NS  ns1
@           NS  ns.other.test.
@           MX  10 mail
@           TXT "hello world"
ns1         A   192.0.2.1
ns1         AAAA 2001:db8::1
mail        A   192.0.2.2
www         CNAME web
web         A   192.0.2.3
web         A   192.0.2.4
Case        A   192.0.2.5
deep.a.b    TXT "below two empty non-terminals"
*.wild      A   192.0.2.6
*.wild      MX  5 mail
under.no.wild TXT "makes no.wild an empty non-terminal"
*.alias     CNAME web
*.lost      CNAME nothing
chain       CNAME www
loop        CNAME pool
pool        CNAME loop
outside     CNAME www.other.test.
tosub       CNAME host.sub
sub         NS  ns.sub
sub         NS  ns.elsewhere.test.
sub         NS  ns.sibling
sub         DS  12345 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.sub      A   192.0.2.7
sibling     NS  ns.sibling
ns.sibling  A   192.0.2.8
ns.sibling  AAAA 2001:db8::8
auth        NS  ns1
old         DNAME new
old         TXT "beside a DNAME"
host.new    A   192.0.2.9
_sip._tcp   SRV 1 2 5060 mail
svc         HTTPS 1 . alpn=h2
svc         A   192.0.2.10
svcalias    HTTPS 0 svc
"""
