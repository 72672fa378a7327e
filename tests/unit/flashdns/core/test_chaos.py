"""Class CHAOS (flashdns.md §4.9)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.chaos import ServerFacts, chaos_answer
from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.image_build import build_image
from photoncloud.flashdns.core.zone import Zone

FACTS = ServerFacts(version="v1", identity="node-1")


def ask(
    dns: SimpleNamespace, name: str, directory: ZoneDirectory, *, facts=FACTS, qtype=rr.TXT, allowed=True
) -> str | None:
    record = chaos_answer(dns.name(name), qtype, facts, directory, may_introspect=allowed)
    if record is None:
        return None
    assert record.ttl == 0
    return record.rdatas[0][1:].decode()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("version.bind.", "v1"), ("version.server.", "v1"), ("hostname.bind.", "node-1"), ("id.server.", "node-1"),
        ("other.bind.", None), ("bind.", None), (".", None), ("revision.flashdns.", None),
    ],
)  # fmt: skip
def test_names(dns: SimpleNamespace, name: str, text: str | None) -> None:
    assert ask(dns, name, ZoneDirectory([])) == text


def test_what_is_not_told(dns: SimpleNamespace) -> None:
    empty = ServerFacts(version="", identity="")
    for name in ("version.bind.", "id.server."):
        assert ask(dns, name, ZoneDirectory([]), facts=empty) is None
        assert ask(dns, name, ZoneDirectory([]), qtype=rr.A) is None
    assert len(ask(dns, "version.bind.", ZoneDirectory([]), facts=ServerFacts(version="x" * 999))) == 255


def test_revisions(dns: SimpleNamespace, example: Zone) -> None:
    image = Image(build_image(example))
    directory = ZoneDirectory([HostedZone(example.apex, image, revision=7), HostedZone(dns.name("empty."))])
    wanted = f"serial=2024010101 revision=7 image={image.digest.hex()[:16]}"
    assert ask(dns, "example.revision.flashdns.", directory) == wanted
    assert ask(dns, "example.revision.flashdns.", directory, allowed=False) is None
    assert ask(dns, "unknown.revision.flashdns.", directory) is None
    assert ask(dns, "empty.revision.flashdns.", directory) is None
    plain = ZoneDirectory([HostedZone(example.apex, example)])
    assert ask(dns, "example.revision.flashdns.", plain) == "serial=2024010101 revision=0 image=none"
