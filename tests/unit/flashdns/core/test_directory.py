"""Which zone answers a name (flashdns.md §4.4 rule 1), and what may be answered from it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory, ZoneState


@pytest.mark.parametrize(
    ("name", "apex"),
    [
        ("example.", "example."), ("a.example.", "example."), ("sub.example.", "sub.example."),
        ("x.y.sub.example.", "sub.example."), ("xsub.example.", "example."), ("other.", None), (".", None),
    ],
)  # fmt: skip
def test_the_longest_apex(dns: SimpleNamespace, name: str, apex: str | None) -> None:
    directory = ZoneDirectory(HostedZone(dns.name(text)) for text in ("EXAMPLE.", "sub.example.", "a.b.c.test."))
    found = directory.find(dns.name(name))
    assert (found and found.apex) == (dns.name(apex) if apex else None)


def test_ds_belongs_to_the_parent_when_it_is_hosted(dns: SimpleNamespace) -> None:
    """RFC 4035 §3.1.4.1."""
    parent, child = HostedZone(dns.name("example.")), HostedZone(dns.name("sub.example."))
    name = dns.name("sub.example.")
    assert ZoneDirectory([parent, child]).find_for(name, rr.DS) is parent
    assert ZoneDirectory([child]).find_for(name, rr.DS) is child
    assert ZoneDirectory([parent, child]).find_for(name, rr.A) is child
    root = HostedZone(dns.name("."))
    assert ZoneDirectory([root]).find_for(dns.name("."), rr.DS) is root


def test_states(dns: SimpleNamespace, example: object) -> None:
    hosted = HostedZone(dns.name("example."))
    assert (hosted.state, hosted.live) == (ZoneState.NOT_READY, None)
    hosted.publish(example, 3)
    assert (hosted.state, hosted.live, hosted.revision) == (ZoneState.SERVED, example, 3)
    hosted.withdraw(ZoneState.EXPIRED)
    assert (hosted.state, hosted.live, hosted.zone) == (ZoneState.EXPIRED, None, example)


def test_an_empty_directory(dns: SimpleNamespace) -> None:
    assert ZoneDirectory([]).find(dns.name("a.")) is None
