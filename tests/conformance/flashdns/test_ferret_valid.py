"""The valid Ferret sample: 2,533 zones and questions derived from a formal model of the lookup (flashdns.md §9.1)."""

from __future__ import annotations

from types import ModuleType

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core.answer import answer
from photoncloud.flashdns.core.directory import HostedZone, ZoneDirectory
from photoncloud.flashdns.core.image import Image
from photoncloud.flashdns.core.image_build import build_image
from photoncloud.flashdns.core.rdata import query_type_number
from photoncloud.flashdns.core.respond import Responder
from photoncloud.flashdns.core.wire import HEADER, U16
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.core.zone_load import load

CASES, STRICT = 2533, 2515
PLAIN_UDP_OCTETS = 512


def _zone(case: dict) -> Zone:
    verdict = load(case["zone"], file=case["id"], origin=names.ROOT)
    assert verdict.zone is not None, (case["id"], verdict.findings)
    return verdict.zone


def _question(case: dict) -> tuple[bytes, int]:
    qtype = query_type_number(case["query"]["Type"])
    assert qtype is not None
    return names.from_text(case["query"]["Name"], names.ROOT), qtype


def test_every_strictly_comparable_answer_matches(ferret: ModuleType) -> None:
    """Where all recorded servers agree in rcode, flags, answer and authority, there is one right answer."""
    seen = strict = 0
    for case in ferret.cases("valid-sample.jsonl"):
        seen += 1
        qname, qtype = _question(case)
        zone = _zone(case)
        recorded = [(len(group["servers"]), ferret.recorded(group["response"])) for group in case["answers"]]
        if len({response.binding for _, response in recorded}) > 1:
            continue
        strict += 1
        reply = answer(zone, qname, qtype)
        room = PLAIN_UDP_OCTETS - 16 - len(qname)
        for got in (ferret.ours(reply, qname), ferret.on_the_wire(reply, qname, zone.apex, room)):
            assert got.binding == recorded[0][1].binding, (case["id"], got, recorded[0][1])
        majority = max(recorded, key=lambda pair: pair[0])[1]
        assert majority.additional <= ferret.ours(reply, qname).additional, case["id"]
    assert (seen, strict) == (CASES, STRICT)


def test_the_others_equal_one_recorded_answer_or_extend_a_longer_loop(ferret: ModuleType) -> None:
    """The servers stop growing DNAME loops at different lengths (2, 6, or when 512 octets are full); ours follows its
    own cap, so it must contain the longest one recorded, with the same rcode and authority."""
    others = 0
    for case in ferret.cases("valid-sample.jsonl"):
        recorded = [ferret.recorded(group["response"]) for group in case["answers"]]
        if len({response.binding for response in recorded}) == 1:
            continue
        others += 1
        qname, qtype = _question(case)
        got = ferret.ours(answer(_zone(case), qname, qtype), qname)
        if any(got.binding == response.binding for response in recorded):
            continue
        assert case["tag"] == "D1"
        longest = max(recorded, key=lambda response: len(response.answer))
        assert longest.answer < got.answer, case["id"]
        assert (got.rcode, got.authority) == (longest.rcode, longest.authority), case["id"]
    assert others == CASES - STRICT


def test_all_zones_in_one_directory_as_images(ferret: ModuleType) -> None:
    """Lookup is invariant when every name gets one more label at its end, so all zones live side by side: compiled,
    asked by packets, without EDNS, as the recording servers were."""
    hosted, asked = [], []
    for case in ferret.cases("valid-sample.jsonl"):
        recorded = [ferret.recorded(group["response"]) for group in case["answers"]]
        if len({response.binding for response in recorded}) > 1:
            continue
        suffix = names.from_text(f"t{case['id'].replace('.', '-')}.", names.ROOT)
        zone = ferret.shifted_zone(_zone(case), suffix)
        hosted.append(HostedZone(zone.apex, Image(build_image(zone))))
        qname, qtype = _question(case)
        asked.append((case["id"], qname[:-1] + suffix, qtype, ferret.shifted(recorded[0], suffix)))
    assert len(asked) == STRICT
    responder = Responder(ZoneDirectory(hosted))
    for number, qname, qtype, expected in asked:
        packet = HEADER.pack(1, 0, 1, 0, 0, 0) + qname + U16.pack(qtype) + U16.pack(1)
        reply = responder.respond(packet, bytes(4), is_tcp=False, now_sec=0)
        assert ferret.received(reply.octets).binding == expected.binding, number
