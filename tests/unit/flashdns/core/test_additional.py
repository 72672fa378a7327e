"""Additional data: bounds and order; which targets bring addresses is in the table of `test_answer`."""

from __future__ import annotations

from types import SimpleNamespace

from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.additional import glue, of_answers
from photoncloud.flashdns.core.limits import ADDITIONAL_NAMES_MAX


def test_optional_targets_are_bounded_glue_is_not(dns: SimpleNamespace) -> None:
    """RFC 9471: all addresses of a delegation belong to it."""
    count = ADDITIONAL_NAMES_MAX + 7
    records = "".join(f"@ MX {n} h{n}\nd NS h{n}.d\nh{n} A 192.0.2.{n}\nh{n}.d A 192.0.2.{n}\n" for n in range(count))
    zone = dns.zone(f"$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n{records}")
    assert len(list(of_answers(zone, [zone.apex_node.rrsets[rr.MX]], dnssec=False))) == ADDITIONAL_NAMES_MAX
    cut = dns.name("d.example.")
    pieces = glue(zone, zone.nodes[cut].rrsets[rr.NS], cut, dnssec=False)
    assert len(pieces) == count
    assert all(piece.is_required for piece in pieces)


def test_glue_is_sent_once_and_required_first(dns: SimpleNamespace) -> None:
    zone = dns.zone("$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\nd NS n\nd NS N\nd NS n.d\nn.d A 192.0.2.2\n")
    cut = dns.name("d.example.")
    pieces = glue(zone, zone.nodes[cut].rrsets[rr.NS], cut, dnssec=False)
    assert [(piece.rrset.owner, piece.is_required) for piece in pieces] == [
        (dns.name("n.d.example."), True),
        (dns.name("n.example."), False),
    ]
