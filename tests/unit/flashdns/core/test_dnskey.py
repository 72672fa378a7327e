"""Key tags and DS against dnspython."""

from __future__ import annotations

from types import SimpleNamespace

import dns.dnssec
import dns.name
import dns.rdata
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core.dnskey import FLAGS, ZoneKey, collides, ds_rdata, key_tag
from photoncloud.flashdns.core.rdata import to_text


@given(st.sampled_from(["ksk", "zsk"]), st.sampled_from([8, 13, 15]), st.binary(min_size=1, max_size=260))
def test_tags_and_ds(role: str, algorithm: int, public_key: bytes) -> None:
    key = ZoneKey(role, algorithm, public_key)
    theirs = dns.rdata.from_wire("IN", "DNSKEY", key.rdata, 0, len(key.rdata))
    assert theirs.flags == FLAGS[role]
    assert key.tag == key_tag(key.rdata) == dns.dnssec.key_id(theirs)
    wanted = dns.dnssec.make_ds(dns.name.from_text("Example.COM."), theirs, "SHA256")
    assert to_text(43, ds_rdata(b"\x07Example\x03COM\x00", key)) == wanted.to_text()


def test_collisions(dns: SimpleNamespace) -> None:
    one = ZoneKey("zsk", 13, b"\x01\x02\x03\x04")
    swapped = ZoneKey("zsk", 13, b"\x03\x04\x01\x02")
    assert one.tag == swapped.tag
    assert collides(swapped, (one,))
    assert not collides(ZoneKey("zsk", 15, b"\x03\x04\x01\x02"), (one,))
    assert not collides(one, ())
