"""NOTIFY both ways (RFC 1996)."""

from __future__ import annotations

from types import SimpleNamespace

import dns.message
import pytest

from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import notify
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.zone import Zone

PRIMARY, STRANGER = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 1))
KEY = b"\x01k\x00"


def test_the_message(example: Zone) -> None:
    wire = notify.notify_message(77, example.apex, example.soa)
    message = dns.message.from_wire(wire)
    assert (message.id, message.opcode(), message.answer[0].rdtype) == (77, 4, rr.SOA)
    assert message.flags & 0x0400
    query = msg.parse_query(wire)
    assert (query.error, query.opcode, query.qtype) == (None, rr.OPCODE_NOTIFY, rr.SOA)
    answer = msg.reply(query, rr.NOERROR)
    assert notify.is_answer(answer, 77)
    assert notify.is_answer(msg.reply(query, rr.NOTIMP), 77), "any answer ends the repetition"
    assert not notify.is_answer(answer, 78)
    assert not notify.is_answer(wire, 77), "not the message itself"
    assert not notify.is_answer(b"\x00", 77)


def test_repetition_doubles_and_ends() -> None:
    state = notify.announced(None, 5, 100.0)
    assert state.next_at_sec == 100.0
    waits, now = [], 100.0
    while not state.is_done:
        state = notify.sent(state, now, 2, 6)
        waits.append(state.next_at_sec - now)
        now = state.next_at_sec
    assert waits == [2, 4, 8, 16, 32, 64]
    assert notify.answered(notify.announced(None, 5, 0.0)).is_done


def test_announcements_are_coalesced() -> None:
    tried = notify.sent(notify.announced(None, 5, 0.0), 0.0, 2, 6)
    assert notify.announced(tried, 5, 1.0) is tried
    assert notify.announced(tried, 6, 1.0) == notify.NotifyState(6, next_at_sec=1.0)
    assert not notify.announced(notify.answered(tried), 5, 1.0).is_done


@pytest.mark.parametrize(
    ("name", "qtype", "address", "key", "required", "rcode"),
    [
        ("example.", "SOA", PRIMARY, None, None, rr.NOERROR),
        ("EXAMPLE.", "SOA", PRIMARY, None, None, rr.NOERROR),
        ("example.", "SOA", STRANGER, None, None, rr.REFUSED),
        ("example.", "SOA", STRANGER, KEY, KEY, rr.REFUSED),
        ("example.", "SOA", PRIMARY, None, KEY, rr.REFUSED),
        ("example.", "SOA", PRIMARY, KEY, KEY, rr.NOERROR),
        ("other.", "SOA", PRIMARY, None, None, rr.NOTAUTH),
        ("example.", "A", PRIMARY, None, None, rr.FORMERR),
    ],
)
def test_who_may_notify(
    dns: SimpleNamespace, name: str, qtype: str, address: bytes, key: bytes | None, required: bytes | None, rcode: int
) -> None:
    query = msg.parse_query(dns.query(name, qtype, flags=4 << 11))
    zones, senders = [dns.name("example.")], ["192.0.2.0/28", "2001:db8::1"]
    verdict = notify.judge(query, address, secondary_for=zones, senders=senders, key_required=required, key_name=key)
    assert verdict == rcode
