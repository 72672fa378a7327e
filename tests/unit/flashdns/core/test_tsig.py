"""TSIG (RFC 8945), with dnspython as the other side."""

from __future__ import annotations

from types import SimpleNamespace

import dns.message
import dns.name
import dns.tsig
import dns.tsigkeyring
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import message as msg
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core import tsig
from photoncloud.flashdns.core.limits import TransferLimits
from photoncloud.flashdns.errors import BadMessage, FlashdnsError

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = 1_750_000_000
KEY = tsig.make_key("Key.Example.", "hmac-sha256", SECRET)
KEYS = {KEY.name: KEY}


def signed_query(dns_: SimpleNamespace, key: tsig.TsigKey = KEY, now: int = NOW) -> tuple[bytes, int, bytes]:
    """(message, where its TSIG starts, MAC)."""
    signed, mac = tsig.sign(dns_.query("example.", "SOA"), key, now)
    return signed, msg.parse_query(signed).tsig_at, mac


@pytest.mark.parametrize("algorithm", ["hmac-sha1", "hmac-sha224", "hmac-sha256", "HMAC-SHA384.", "hmac-sha512"])
def test_dnspython_accepts_our_signature_and_we_its(dns: SimpleNamespace, algorithm: str, monkeypatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    key = tsig.make_key("key.example.", algorithm, SECRET)
    theirs = dns_key(algorithm.lower().rstrip("."))
    signed, start, mac = signed_query(dns, key)
    assert dns_read(signed, theirs).had_tsig
    assert len(signed) <= len(dns.query("example.", "SOA")) + tsig.tsig_octets(key)
    assert tsig.verify(signed, start, {key.name: key}, NOW).bare == dns.query("example.", "SOA")
    query = dns_query(theirs)
    wire = query.to_wire()
    verified = tsig.verify(wire, msg.parse_query(wire).tsig_at, {key.name: key}, NOW)
    reply, _ = tsig.sign(msg.reply(msg.parse_query(wire), 0), key, NOW, request_mac=verified.record.mac)
    answered = dns_read(reply, theirs, request_mac=query.mac)
    assert answered.had_tsig
    assert mac


def dns_key(algorithm: str) -> dns.tsig.Key:
    return dns.tsig.Key("key.example.", SECRET, algorithm)


def dns_query(key: dns.tsig.Key) -> dns.message.Message:
    query = dns.message.make_query("example.", "SOA")
    query.use_tsig(key)
    return query


def dns_read(wire: bytes, key: dns.tsig.Key, request_mac: bytes = b"") -> dns.message.Message:
    return dns.message.from_wire(wire, keyring={key.name: key}, request_mac=request_mac)


def test_algorithms_that_are_refused() -> None:
    for algorithm in ("hmac-md5", "hmac-md5.sig-alg.reg.int", "none"):
        with pytest.raises(FlashdnsError) as caught:
            tsig.make_key("k", algorithm, b"x")
        assert caught.value.code == "tsig_algorithm"


def rejected(dns_: SimpleNamespace, message: bytes, keys: dict, now: int = NOW) -> tsig.TsigRejected:
    with pytest.raises(tsig.TsigRejected) as caught:
        tsig.verify(message, msg.parse_query(message).tsig_at, keys, now)
    return caught.value


def test_unknown_key_and_other_algorithm(dns: SimpleNamespace) -> None:
    signed, *_ = signed_query(dns)
    assert rejected(dns, signed, {}).error == rr.BADKEY
    other = tsig.make_key("key.example.", "hmac-sha512", SECRET)
    assert rejected(dns, signed, {other.name: other}).error == rr.BADKEY


def test_wrong_secret_and_changed_octets(dns: SimpleNamespace) -> None:
    signed, start, _ = signed_query(dns)
    wrong = KEY._replace(secret=b"other")
    assert rejected(dns, signed, {KEY.name: wrong}).error == rr.BADSIG
    for at in (2, 13, 25):
        changed = bytearray(signed)
        changed[at] ^= 1
        with pytest.raises((tsig.TsigRejected, BadMessage)):
            tsig.verify(bytes(changed), start, KEYS, NOW)


def test_an_id_a_forwarder_changed_is_put_back(dns: SimpleNamespace) -> None:
    signed, start, _ = signed_query(dns)
    assert tsig.verify(b"\xff\xff" + signed[2:], start, KEYS, NOW).bare[:2] == b"\x12\x34"


@pytest.mark.parametrize(("skew", "good"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_time_is_judged_after_the_mac(dns: SimpleNamespace, skew: int, good: bool) -> None:
    signed, start, _ = signed_query(dns)
    if good:
        tsig.verify(signed, start, KEYS, NOW + skew)
        return
    assert rejected(dns, signed, KEYS, NOW + skew).error == rr.BADTIME
    assert rejected(dns, signed, {KEY.name: KEY._replace(secret=b"no")}, NOW + skew).error == rr.BADSIG


def test_replies_to_rejected_requests(dns: SimpleNamespace) -> None:
    """BADKEY and BADSIG unsigned; BADTIME signed, with our time in its other data."""
    signed, _, mac = signed_query(dns)
    query = msg.parse_query(signed)
    bare = msg.reply(query, rr.NOTAUTH)
    for problem in (rejected(dns, signed, {}), rejected(dns, signed, {KEY.name: KEY._replace(secret=b"no")})):
        record = tsig.read_tsig(*_with_start(tsig.rejection(bare, problem, NOW)))
        assert (record.error, record.mac, record.name) == (problem.error, b"", KEY.name)
        assert problem.rcode == rr.NOTAUTH
    late = NOW + 5000
    reply = tsig.rejection(bare, rejected(dns, signed, KEYS, late), late)
    record = tsig.read_tsig(*_with_start(reply))
    assert (record.error, int.from_bytes(record.other, "big"), record.time_sec) == (rr.BADTIME, late, NOW)
    assert tsig.verify(reply, _with_start(reply)[1], KEYS, NOW, request_mac=mac)


def _with_start(message: bytes) -> tuple[bytes, int]:
    return message, msg.parse_query(bytes((message[0], message[1], message[2] & 0x7F)) + message[3:]).tsig_at


def test_truncated_macs(dns: SimpleNamespace) -> None:
    """Shorter than half or ten octets: FORMERR; longer, but not whole: BADTRUNC."""
    for kept, error in ((16, rr.BADTRUNC), (31, rr.BADTRUNC), (15, None), (0, None)):
        message, start = _truncated(dns, kept)
        if error is None:
            with pytest.raises(BadMessage):
                tsig.verify(message, start, KEYS, NOW)
        else:
            assert rejected(dns, message, KEYS).error == error


def _truncated(dns_: SimpleNamespace, kept: int) -> tuple[bytes, int]:
    bare = dns_.query("example.", "SOA")
    signed, start, mac = signed_query(dns_)
    record = tsig.read_tsig(signed, start)
    return tsig._appended(bare, record._replace(mac=mac[:kept])), start


def test_malformed_records(dns: SimpleNamespace) -> None:
    signed, start, _ = signed_query(dns)
    for cut in range(start, len(signed)):
        with pytest.raises(BadMessage):
            tsig.read_tsig(signed[:cut], start)
    with pytest.raises(BadMessage):
        tsig.read_tsig(signed + b"x", start)


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_hostile_records(octets: bytes) -> None:
    message = bytes(12) + b"\x01k\x00\x00\xfa\x00\xff\x00\x00\x00\x00" + len(octets).to_bytes(2, "big") + octets
    try:
        tsig.verify(message, 12, KEYS, NOW)
    except (BadMessage, tsig.TsigRejected):
        return


# --- streams


def stream(dns_: SimpleNamespace, count: int) -> tuple[list[bytes], list[bytes], bytes]:
    """(bare messages, signed messages, MAC of the request)."""
    _, _, request_mac = signed_query(dns_)
    query = msg.parse_query(dns_.query("example.", "AXFR"))
    bare = [msg.reply(query, 0, body=bytes([number]) * number) for number in range(count)]
    signer = tsig.StreamSigner(KEY, request_mac)
    return bare, [signer.sign(message, NOW) for message in bare], request_mac


def test_a_stream_is_chained(dns: SimpleNamespace) -> None:
    bare, signed, request_mac = stream(dns, 5)
    verifier = tsig.StreamVerifier(KEY, request_mac)
    for plain, message in zip(bare, signed, strict=True):
        assert verifier.take(message, len(plain), NOW) == plain
    verifier.finish()


def test_dnspython_accepts_our_stream(dns: SimpleNamespace, monkeypatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    _, _, request_mac = signed_query(dns)
    theirs = dns_key("hmac-sha256")
    query = msg.parse_query(dns.query("example.", "AXFR"))
    signer = tsig.StreamSigner(KEY, request_mac)
    context = None
    for _ in range(4):
        message = _dns_message(signer.sign(msg.reply(query, 0), NOW), theirs, request_mac, context)
        context = message.tsig_ctx
    assert context is not None


def _dns_message(wire: bytes, key: dns.tsig.Key, request_mac: bytes, context: object) -> dns.message.Message:
    keyring = {key.name: key}
    return dns.message.from_wire(
        wire, keyring=keyring, request_mac=request_mac, xfr=True, tsig_ctx=context, multi=True, origin=dns.name.root
    )


def test_reordered_dropped_and_repeated_messages(dns: SimpleNamespace) -> None:
    bare, signed, request_mac = stream(dns, 3)
    for order in ((1,), (0, 2), (0, 0), (0, 1, 1)):
        verifier = tsig.StreamVerifier(KEY, request_mac)
        for number in order[:-1]:
            verifier.take(signed[number], len(bare[number]), NOW)
        with pytest.raises(tsig.TsigRejected):
            verifier.take(signed[order[-1]], len(bare[order[-1]]), NOW)


def test_unsigned_messages_in_between(dns: SimpleNamespace) -> None:
    """At most 99, and their octets are covered by the next signature; the first and the last are signed."""
    bare, signed, request_mac = stream(dns, 2)
    limits = TransferLimits(unsigned_between=2)
    verifier = tsig.StreamVerifier(KEY, request_mac, limits)
    with pytest.raises(BadMessage):
        verifier.take(bare[0], 0, NOW)
    verifier.take(signed[0], len(bare[0]), NOW)
    verifier.take(bare[1], 0, NOW)
    with pytest.raises(BadMessage):
        verifier.finish()
    verifier.take(bare[1], 0, NOW)
    with pytest.raises(BadMessage):
        verifier.take(bare[1], 0, NOW)
    with pytest.raises(tsig.TsigRejected):
        verifier.take(signed[1], len(bare[1]), NOW)


def test_a_stream_by_another_key(dns: SimpleNamespace) -> None:
    bare, signed, request_mac = stream(dns, 1)
    verifier = tsig.StreamVerifier(tsig.make_key("other.", "hmac-sha256", SECRET), request_mac)
    with pytest.raises(tsig.TsigRejected) as caught:
        verifier.take(signed[0], len(bare[0]), NOW)
    assert caught.value.error == rr.BADKEY
