"""Incoming transfers: whole or not at all (invariant 4), whatever the primary sends."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice, pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core import transfer_out as out
from photoncloud.flashdns.core.change_set import diff
from photoncloud.flashdns.core.limits import TransferLimits
from photoncloud.flashdns.core.transfer_in import IncomingTransfer, Transferred, transfer_query
from photoncloud.flashdns.core.wire import RECORD_FIXED
from photoncloud.flashdns.core.zone import RRset, Zone
from photoncloud.flashdns.errors import TransferFailed

NUMBER = 0x1234


def version(dns_: SimpleNamespace, serial: int, *records: str) -> Zone:
    head = f"$TTL 60\n@ SOA n h {serial} 2 3 4 5\n@ NS n.x.\n"
    return dns_.zone(head + "".join(f"{record}\n" for record in records))


def receive(messages: Sequence[bytes], held: Zone | None = None, limits: TransferLimits | None = None) -> Transferred:
    transfer = IncomingTransfer(NUMBER, b"\x07example\x00", held, limits)
    for message in messages:
        transfer.feed(message)
    return transfer.finish()


def send(dns_: SimpleNamespace, rrsets: Sequence[RRset], *, qtype: str = "AXFR") -> list[bytes]:
    return list(out.messages(msg.parse_query(dns_.query("example.", qtype)), rrsets))


def content(zone: Zone) -> set[tuple[bytes, int, int, bytes]]:
    return {(s.owner.lower(), s.rtype, s.ttl, rdata.lower()) for s in zone.rrsets() for rdata in s.rdatas}


def fails(code: str, messages: Sequence[bytes], held: Zone | None = None, limits: TransferLimits | None = None) -> None:
    with pytest.raises(TransferFailed) as caught:
        receive(messages, held, limits)
    assert caught.value.code == code


# --- good ones


def test_a_whole_zone(dns: SimpleNamespace, example: Zone) -> None:
    for zone in (example, dns.sign(example)):
        done = receive(send(dns, list(out.axfr_rrsets(zone))))
        assert content(done.zone) == content(zone)
        assert done.zone.nodes.keys() == zone.nodes.keys()
        assert (done.changes, done.skipped) == ((), 0)


def test_one_record_a_message(dns: SimpleNamespace, example: Zone) -> None:
    messages = [
        message
        for rrset in out.axfr_rrsets(example)
        for rdata in rrset.rdatas
        for message in send(dns, [rrset._replace(rdatas=(rdata,))])
    ]
    assert content(receive(messages).zone) == content(example)


EDITS = st.lists(
    st.lists(
        st.sampled_from([*(f"{owner} A 192.0.2.{n}" for owner in "abc" for n in (1, 2, 3)), "d.e TXT x", "*.w MX 1 a"]),
        unique=True, max_size=6,
    ),
    min_size=2, max_size=6,
)  # fmt: skip


@given(EDITS)
@settings(max_examples=60, deadline=None)
def test_deltas_bring_a_copy_from_any_version_to_the_newest(dns: SimpleNamespace, edits: list[list[str]]) -> None:
    zones = [version(dns, serial + 1, *records) for serial, records in enumerate(edits)]
    journal = [diff(old, new) for old, new in pairwise(zones)]
    newest = zones[-1]
    for held in zones[:-1]:
        form, chain = out.ixfr_plan(newest, journal, held.serial)
        done = receive(send(dns, list(out.ixfr_rrsets(newest, form, chain)), qtype="IXFR"), held)
        assert content(done.zone) == content(newest)
        assert [change.new_serial for change in done.changes] == list(range(held.serial + 1, newest.serial + 1))


def test_a_whole_zone_instead_of_deltas(dns: SimpleNamespace) -> None:
    held, newest = version(dns, 1), version(dns, 5, "a A 192.0.2.1")
    done = receive(send(dns, list(out.axfr_rrsets(newest)), qtype="IXFR"), held)
    assert content(done.zone) == content(newest)
    assert done.changes == ()


@pytest.mark.parametrize("serial", [5, 4])
def test_a_primary_that_is_not_newer_changes_nothing(dns: SimpleNamespace, serial: int) -> None:
    held, theirs = version(dns, 5), version(dns, serial, "a A 192.0.2.1")
    assert receive(send(dns, [theirs.soa], qtype="IXFR"), held).zone is None
    assert receive(send(dns, list(out.axfr_rrsets(theirs))), held).zone is None


def test_names_outside_the_zone_are_skipped_and_counted(dns: SimpleNamespace, example: Zone) -> None:
    rrsets = list(out.axfr_rrsets(example))
    rrsets.insert(3, RRset(dns.name("www.other."), rr.A, 60, (bytes(4),)))
    done = receive(send(dns, rrsets))
    assert done.skipped == 1
    assert content(done.zone) == content(example)


def test_questions(dns: SimpleNamespace, example: Zone) -> None:
    packet = transfer_query(7, example.apex, rr.IXFR, example.soa)
    query = msg.parse_query(packet)
    assert (query.error, query.qtype, out.client_serial(query)) == (None, rr.IXFR, example.serial)
    assert msg.parse_query(transfer_query(7, example.apex, rr.AXFR)).error is None


# --- bad ones


def test_cut_streams(dns: SimpleNamespace, example: Zone) -> None:
    rrsets = list(out.axfr_rrsets(example))
    fails("xfr_cut", send(dns, rrsets[:-1]))
    fails("xfr_cut", [])
    fails("xfr_malformed", [send(dns, rrsets)[0][:-1]])


def test_wrong_beginnings(dns: SimpleNamespace, example: Zone) -> None:
    rrsets = list(out.axfr_rrsets(example))
    query = msg.parse_query(dns.query("example.", "AXFR"))
    fails("xfr_no_soa", send(dns, rrsets[1:]))
    fails("xfr_no_soa", [msg.reply(query, rr.NOERROR)])
    fails("xfr_rcode", [msg.reply(query, rr.REFUSED)])
    fails("xfr_mismatch", [b"\x99\x99" + send(dns, rrsets)[0][2:]])
    fails("xfr_mismatch", list(out.messages(msg.parse_query(dns.query("other.", "AXFR")), rrsets)))


def test_wrong_endings(dns: SimpleNamespace, example: Zone) -> None:
    rrsets = list(out.axfr_rrsets(example))
    other = version(dns, 9).soa
    fails("xfr_soa_mismatch", send(dns, [*rrsets[:-1], other]))
    fails("xfr_after_end", send(dns, [*rrsets, rrsets[3]]))
    fails("xfr_after_end", send(dns, rrsets) * 2)
    below = example.soa._replace(owner=dns.name("sub.example."))
    fails("xfr_soa_mismatch", send(dns, [*rrsets[:5], below, *rrsets[5:]]))


def test_other_classes(dns: SimpleNamespace, example: Zone) -> None:
    soa = example.soa.rdatas[0]
    query = msg.parse_query(dns.query("example.", "AXFR"))
    body = b"\xc0\x0c" + RECORD_FIXED.pack(rr.SOA, rr.CLASS_CH, 60, len(soa)) + soa
    fails("xfr_class", [msg.reply(query, 0, counts=(1, 0, 0), body=body)])


def test_results_that_are_no_zone(dns: SimpleNamespace, example: Zone) -> None:
    no_ns = [rrset for rrset in out.axfr_rrsets(example) if not (rrset.rtype == rr.NS and rrset.owner == example.apex)]
    fails("xfr_zone", send(dns, no_ns))
    held, newest = version(dns, 1), version(dns, 2)
    ns = held.apex_node.rrsets[rr.NS]
    fails("xfr_zone", send(dns, [newest.soa, held.soa, ns, newest.soa, newest.soa]), held)


def test_bad_deltas(dns: SimpleNamespace) -> None:
    one, two, three = (version(dns, serial, f"a A 192.0.2.{serial}") for serial in (1, 2, 3))
    missing = one.nodes[dns.name("a.example.")].rrsets[rr.A]._replace(rdatas=(bytes(4),))
    fails("xfr_bad_delta", send(dns, [two.soa, one.soa, missing, two.soa, two.soa]), one)
    fails("xfr_bad_delta", send(dns, [three.soa, one.soa, two.soa, three.soa, three.soa]), one)
    fails("xfr_bad_delta", send(dns, [two.soa, one.soa, three.soa, two.soa, two.soa]), one)
    back = [three.soa, one.soa, two.soa, two.soa, one.soa, one.soa, three.soa, three.soa]
    fails("xfr_bad_delta", send(dns, back), one)
    fails("xfr_cut", send(dns, [two.soa, one.soa, two.soa]), one)


def test_limits(dns: SimpleNamespace, example: Zone) -> None:
    messages = send(dns, list(out.axfr_rrsets(example)))
    fails("xfr_limit", messages, limits=TransferLimits(max_records=10))
    fails("xfr_limit", messages, limits=TransferLimits(max_octets=100))


def test_an_endless_stream_ends_at_a_limit(dns: SimpleNamespace, example: Zone) -> None:
    rrsets = list(out.axfr_rrsets(example))
    transfer = IncomingTransfer(NUMBER, example.apex, None, TransferLimits(max_records=5000))
    transfer.feed(send(dns, rrsets[:-1])[0])
    message = send(dns, rrsets[1:-1])[0]
    messages = iter(lambda: transfer.feed(message), None)
    with pytest.raises(TransferFailed):
        deque(islice(messages, 1000), maxlen=0)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mutated_streams_give_a_zone_or_fail(dns: SimpleNamespace, example: Zone, data: st.DataObject) -> None:
    held, newest = version(dns, 1, "a A 192.0.2.1"), version(dns, 2, "b MX 1 a")
    rrsets = list(out.ixfr_rrsets(newest, "deltas", [diff(held, newest)]))
    (wire,) = send(dns, data.draw(st.permutations(rrsets)) if data.draw(st.booleans()) else rrsets)
    octets = bytearray(wire)
    for _ in range(data.draw(st.integers(0, 4))):
        octets[data.draw(st.integers(2, len(octets) - 1))] = data.draw(st.integers(0, 255))
    before = content(held)
    try:
        done = receive([bytes(octets)], held)
    except TransferFailed:
        pass
    else:
        assert done.zone is None or len(done.zone.soa.rdatas) == 1
    assert content(held) == before
