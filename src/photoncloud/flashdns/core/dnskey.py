"""DNSKEY arithmetic: tags, DS, CDS, algorithms (RFC 4034 App. B, RFC 4509, RFC 7344, RFC 8078)."""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

from photoncloud.flashdns.core.wire import U16

Role = Literal["ksk", "zsk"]
FLAGS: dict[Role, int] = {"ksk": 257, "zsk": 256}
ALGORITHMS = {"rsasha256": 8, "ecdsap256sha256": 13, "ed25519": 15}
_PROTOCOL = 3
_DIGEST_SHA256 = 2


class ZoneKey(NamedTuple):
    """The public half of a signing key. The private half stays behind the `Signer` port, found by `tag`."""

    role: Role
    algorithm: int
    public_key: bytes

    @property
    def rdata(self) -> bytes:
        """The DNSKEY record."""
        return U16.pack(FLAGS[self.role]) + bytes((_PROTOCOL, self.algorithm)) + self.public_key

    @property
    def tag(self) -> int:
        return key_tag(self.rdata)


def key_tag(rdata: bytes) -> int:
    """RFC 4034 App. B for every algorithm but the retired 1."""
    total = sum(rdata[::2]) * 256 + sum(rdata[1::2])
    return (total + (total >> 16)) & 0xFFFF


def collides(candidate: ZoneKey, others: tuple[ZoneKey, ...]) -> bool:
    """Whether a new key would share its tag with another of its algorithm: then another is generated."""
    return any(other.tag == candidate.tag and other.algorithm == candidate.algorithm for other in others)


def ds_rdata(apex: bytes, key: ZoneKey) -> bytes:
    """The DS for the parent, digest type 2 (SHA-256 over folded apex and DNSKEY data). CDS is the same."""
    digest = hashlib.sha256(apex.lower() + key.rdata).digest()
    return U16.pack(key.tag) + bytes((key.algorithm, _DIGEST_SHA256)) + digest
