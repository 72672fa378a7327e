"""Class CHAOS: what the server says about itself (flashdns.md §4.9)."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.directory import ZoneDirectory
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.zone import RRset

_VERSION_NAMES = frozenset({b"\x07version\x04bind\x00", b"\x07version\x06server\x00"})
_IDENTITY_NAMES = frozenset({b"\x08hostname\x04bind\x00", b"\x02id\x06server\x00"})
_REVISION_SUFFIX = b"\x08revision\x08flashdns\x00"
_DIGEST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`standalone.responses.version` and `.identity`; empty: not told."""

    version: str = "flashdns"
    identity: str = ""


def chaos_answer(
    qname: bytes, qtype: int, facts: ServerFacts, directory: ZoneDirectory, *, may_introspect: bool
) -> RRset | None:
    """The TXT record for a folded name in class CH; None is REFUSED."""
    if qtype not in (rr.TXT, rr.ANY):
        return None
    text = ""
    if qname in _VERSION_NAMES:
        text = facts.version
    elif qname in _IDENTITY_NAMES:
        text = facts.identity
    elif may_introspect and qname.endswith(_REVISION_SUFFIX) and names.is_under(qname, _REVISION_SUFFIX):
        text = _revision(qname[: -len(_REVISION_SUFFIX)] + names.ROOT, directory)
    encoded = text.encode("utf-8")[:255]
    return RRset(qname, rr.TXT, 0, (bytes((len(encoded),)) + encoded,)) if encoded else None


def _revision(apex: bytes, directory: ZoneDirectory) -> str:
    hosted = directory.zones.get(apex)
    if hosted is None or hosted.zone is None:
        return ""
    digest = hosted.zone.digest.hex()[:_DIGEST_DIGITS] if isinstance(hosted.zone, Image) else "none"
    return f"serial={hosted.zone.serial} revision={hosted.revision} image={digest}"
