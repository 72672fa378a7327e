"""aws-chunked (4.5): every framing rule as a row, and the same events however the body is split."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.lightningstor.core import chunked
from photoncloud.lightningstor.core.chunked import ChunkedDecoder, ChunkEnd, TrailersEnd
from photoncloud.lightningstor.errors import S3Error

UNSIGNED, SIGNED, SIGNED_TRAILER = "streaming-unsigned-trailer", "streaming-signed", "streaming-signed-trailer"
CRC = "x-amz-checksum-crc32"
SIG = b"a" * 64
VALUE = b"y/Q5Jg=="
UNEXPECTED = ("IncompleteBody", "The request body terminated unexpectedly", {})
MALFORMED = ("MalformedTrailerError", None, {})


def normal(events):
    """Events with neighbouring data joined and errors as tuples: what must not depend on the split."""
    result = []
    for event in events:
        if isinstance(event, memoryview):
            if result and isinstance(result[-1], bytes):
                result[-1] += bytes(event)
            else:
                result.append(bytes(event))
        elif isinstance(event, S3Error):
            result.append((event.code, event.message, event.fields))
        else:
            result.append(event)
    return result


def decode(pieces, mode=UNSIGNED, trailer=None):
    decoder = ChunkedDecoder(mode, trailer)
    events = []
    for piece in pieces:
        got = decoder.feed(piece)
        while decoder.has_more:
            got += decoder.more()
        events += [memoryview(bytes(event)) if isinstance(event, memoryview) else event for event in got]
    events += decoder.finish()
    return normal(events)


def data_of(events):
    return b"".join(event for event in events if isinstance(event, bytes))


def error_of(events):
    errors = [event for event in events if isinstance(event, tuple)]
    assert len(errors) <= 1
    assert not errors or events[-1] == errors[0], "the refusal is the last event"
    return errors[0] if errors else None


ACCEPTED = [
    (b"5\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, b"hello"),
    (b"5\r\nhello\r\n0\r\n", UNSIGNED, None, b"hello"),  # the body may end right after the zero chunk's line
    (b"0\r\n\r\n", UNSIGNED, None, b""),
    (b"5\r\nhello\r\n0000000000000003\r\nabc\r\n0\r\n\r\n", UNSIGNED, None, b"helloabc"),
    (b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", UNSIGNED, None, b"01234567890123456789"),
    (b"5 \t\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, b"hello"),
    (b"5;chunk-signature=" + SIG + b"\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, b"hello"),
    (b"5\r\nhello\r\n0\r\n\r\nanything at all", UNSIGNED, None, b"hello"),
    (b"4\r\nhell\r\n0\r\n\r\n1\r\no\r\n0\r\n\r\n", UNSIGNED, None, b"hell"),  # the first zero chunk ends the data
    (b"5\r\nhello\r\n0\r\n" + CRC.encode() + b":" + VALUE + b"\r\n\r\n", UNSIGNED, CRC, b"hello"),
    (b"5\r\nhello\r\n0\r\n" + CRC.encode() + b":" + VALUE + b"\r\n", UNSIGNED, CRC, b"hello"),
    (b"5\r\nhello\r\n0\r\n" + CRC.upper().encode() + b": " + VALUE + b" \r\n", UNSIGNED, CRC, b"hello"),
    (b"5\r\nhello\r\n0\r\n" + CRC.encode() + b":" + VALUE + b"\r\n\r\n\xff\xde\xad", UNSIGNED, CRC, b"hello"),
    (b"5\r\nhello\r\n0\r\n" + CRC.encode() + b":" + VALUE + b"\r\n\r\nbonus: trailer\r\n", UNSIGNED, CRC, b"hello"),
    (b"5;chunk-signature=" + SIG + b"\r\nhello\r\n0;chunk-signature=" + SIG + b"\r\n\r\n", SIGNED, None, b"hello"),
    (b"5 ; chunk-signature=" + SIG + b"\r\nhello\r\n0;chunk-signature=" + SIG + b"\r\n\r\n", SIGNED, None, b"hello"),
    (
        b"5;chunk-signature = " + SIG + b" \r\nhello\r\n0 ;\tchunk-signature=" + SIG + b"\r\n\r\n",
        SIGNED,
        None,
        b"hello",
    ),
]


@pytest.mark.parametrize(("body", "mode", "trailer", "data"), ACCEPTED)
def test_sound_bodies(body, mode, trailer, data):
    events = decode([body], mode, trailer)
    assert error_of(events) is None
    assert data_of(events) == data
    assert isinstance(events[-1], TrailersEnd)


Z = b"5\r\nhello\r\n0\r\n"
C = CRC.encode() + b":" + VALUE
S = b"5;chunk-signature=" + SIG + b"\r\nhello\r\n0;chunk-signature=" + SIG + b"\r\n"
TSIG = b"x-amz-trailer-signature:" + SIG

REFUSED = [
    # not chunked, CR or LF missing, truncated, no zero chunk
    (b"", UNSIGNED, None, UNEXPECTED),
    (b"hello world", UNSIGNED, None, UNEXPECTED),
    (b"hello world\r\n", UNSIGNED, None, UNEXPECTED),
    (b"5\nhello\n0\n\n", UNSIGNED, None, UNEXPECTED),
    (b"5\rhello\r0\r\r", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello\r0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhell", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello\r", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello\r\n", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello\r\n0", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello\r\n0\r", UNSIGNED, None, UNEXPECTED),
    (b"5\r\nhello\r\n0\r\n\r", UNSIGNED, None, UNEXPECTED),  # lone CR after the zero chunk
    # sizes
    (b"\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"-5\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"+5\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"0x5\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b" 5\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"00000000000000005\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"ffffffffffffffff\r\n", UNSIGNED, None, UNEXPECTED),
    (b"140000001\r\n", UNSIGNED, None, UNEXPECTED),
    # extensions
    (b"5;foo=bar\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"5;\r\nhello\r\n0\r\n\r\n", UNSIGNED, None, UNEXPECTED),
    (b"5;" + b"a" * 300, UNSIGNED, None, UNEXPECTED),
    # signatures: missing, blank, something after them
    (b"5\r\nhello\r\n0\r\n\r\n", SIGNED, None, UNEXPECTED),
    (b"5;chunk-signature=\r\nhello\r\n0\r\n\r\n", SIGNED, None, UNEXPECTED),
    (b"5;chunk-signature= \t\r\nhello\r\n0\r\n\r\n", SIGNED, None, UNEXPECTED),
    (b"5;chunk-signature\r\nhello\r\n0\r\n\r\n", SIGNED, None, UNEXPECTED),
    (b"5;chunk-signature=" + SIG + b";extra=param\r\nhello\r\n0\r\n\r\n", SIGNED, None, UNEXPECTED),
    (b"5;chunk-signature=" + SIG + b" x\r\nhello\r\n0\r\n\r\n", SIGNED, None, UNEXPECTED),
    (b"5;chunk-signature=" + SIG + b"\r\nhello\r\n0\r\n\r\n", SIGNED, None, UNEXPECTED),
    # trailers
    (Z + C, UNSIGNED, CRC, UNEXPECTED),
    (Z + C + b"\n", UNSIGNED, CRC, UNEXPECTED),
    (Z + C + b"\r", UNSIGNED, CRC, UNEXPECTED),
    (Z, UNSIGNED, CRC, MALFORMED),
    (Z + b"\r\n", UNSIGNED, CRC, MALFORMED),
    (Z + b"\r\n" + C + b"\r\n", UNSIGNED, CRC, MALFORMED),
    (Z + C + b"\r\n", UNSIGNED, None, MALFORMED),
    (Z + C + b"\r\n", UNSIGNED, "x-amz-checksum-crc32c", MALFORMED),
    (Z + b"x-amz-checksum-bad:" + VALUE + b"\r\n", UNSIGNED, CRC, MALFORMED),
    (Z + C + b"\r\nbonus: trailer\r\n", UNSIGNED, CRC, MALFORMED),
    (Z + b"no colon\r\n", UNSIGNED, CRC, MALFORMED),
    (Z + TSIG + b"\r\n", UNSIGNED, CRC, MALFORMED),
    (Z + (C + b"\r\n") * 9, UNSIGNED, CRC, MALFORMED),
    (Z + (CRC.encode() + b":" + b"A" * 2100 + b"\r\n") * 2, UNSIGNED, CRC, MALFORMED),
    (Z + CRC.encode() + b":" + b"A" * 5000, UNSIGNED, CRC, UNEXPECTED),
    (S + C + b"\r\n", SIGNED, None, MALFORMED),
    # signed trailers
    (S + C + b"\r\n", SIGNED_TRAILER, CRC, UNEXPECTED),
    (S + C + b"\r\n\r\n", SIGNED_TRAILER, CRC, UNEXPECTED),
    (S + C + b"\r\nx-amz-trailer-signature:\r\n", SIGNED_TRAILER, CRC, UNEXPECTED),
    (S + TSIG + b"\r\n", SIGNED_TRAILER, None, UNEXPECTED),
    (S + b"\r\n", SIGNED_TRAILER, None, UNEXPECTED),
    (S + b"\r\n", SIGNED_TRAILER, CRC, MALFORMED),
    (S + TSIG + b"\r\n", SIGNED_TRAILER, CRC, MALFORMED),
    (S + TSIG + b"\r\n" + C + b"\r\n", SIGNED_TRAILER, CRC, MALFORMED),
]


@pytest.mark.parametrize(("body", "mode", "trailer", "error"), REFUSED)
def test_broken_bodies(body, mode, trailer, error):
    assert error_of(decode([body], mode, trailer)) == error


@pytest.mark.parametrize(("body", "mode", "trailer"), [row[:3] for row in ACCEPTED + REFUSED])
def test_every_single_split_gives_the_same_events(body, mode, trailer):
    whole = decode([body], mode, trailer)
    assert decode([body[at : at + 1] for at in range(len(body))], mode, trailer) == whole
    if len(body) < 500:
        for at in range(len(body)):
            assert decode([body[:at], body[at:]], mode, trailer) == whole


def signed_chunk(size):
    return b"%x;chunk-signature=%s\r\n%s\r\n" % (size, SIG, b"x" * size)


def test_short_chunks_are_refused_at_the_chunk_that_follows():
    events = decode([signed_chunk(1024) + signed_chunk(8192) + signed_chunk(0)], SIGNED)
    assert events[:2] == [b"x" * 1024, ChunkEnd(1, 1024, SIG)]
    assert error_of(events) == (
        "InvalidChunkSizeError",
        "Only the last chunk is allowed to have a size less than 8192 bytes",
        {"Chunk": "2", "BadChunkSize": "1024"},
    )


def test_a_short_chunk_in_the_middle_names_its_follower():
    events = decode([signed_chunk(8192) + signed_chunk(8191) + signed_chunk(1)], SIGNED)
    assert error_of(events)[2] == {"Chunk": "3", "BadChunkSize": "8191"}


def test_ragged_chunks_and_a_short_last_one_are_fine():
    body = b"".join(map(signed_chunk, (15360, 8192, 16384, 5))) + b"0;chunk-signature=" + SIG + b"\r\n\r\n"
    events = decode([body], SIGNED)
    assert error_of(events) is None
    assert [event.size for event in events if isinstance(event, ChunkEnd)] == [15360, 8192, 16384, 5, 0]


def test_unsigned_chunks_may_be_short():
    assert error_of(decode([b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"])) is None


def test_an_extension_before_the_signature_can_never_verify():
    line = b"5;extra=param;chunk-signature=" + SIG
    events = decode([line + b"\r\nhello\r\n0;chunk-signature=" + SIG + b"\r\n\r\n"], SIGNED)
    assert events[1] == ChunkEnd(1, 5, b"extra=param;chunk-signature=" + SIG)
    assert events[1].signature != SIG


def test_a_malformed_signature_is_left_to_the_verifier():
    events = decode([b"5;chunk-signature=invalid\r\nhello\r\n0;chunk-signature=" + SIG + b"\r\n\r\n"], SIGNED)
    assert events[1] == ChunkEnd(1, 5, b"invalid")


def test_canonical_trailers():
    body = S + CRC.upper().encode() + b":  " + VALUE + b"\t\r\n" + TSIG + b"\r\n\r\n"
    assert decode([body], SIGNED_TRAILER, CRC)[-1] == TrailersEnd(
        CRC.encode() + b":" + VALUE + b"\n", SIG, {CRC: VALUE.decode()}
    )


def test_signed_trailers_without_the_declared_one_are_verified_before_they_are_refused():
    events = decode([S + TSIG + b"\r\n"], SIGNED_TRAILER, CRC)
    assert events[-2] == TrailersEnd(b"\n", SIG, {})


def test_repeated_trailers_the_last_wins():
    body = Z + CRC.encode() + b":AAAAAA==\r\n" + C + b"\r\n"
    assert decode([body], UNSIGNED, CRC)[-1].values == {CRC: VALUE.decode()}


def test_received_counts_decoded_bytes_beyond_any_announcement():
    decoder = ChunkedDecoder(UNSIGNED, None)
    decoder.feed(b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n")
    assert decoder.received == 10


def test_data_events_are_views_of_the_buffer():
    buffer = b"5\r\nhello\r\n0\r\n\r\n"
    event = ChunkedDecoder(UNSIGNED, None).feed(buffer)[0]
    assert isinstance(event, memoryview)
    assert event.obj is buffer


def encoded(chunks, trailer):
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk) + b"0\r\n"
    return body + (C + b"\r\n\r\n" if trailer else b"\r\n")


@given(st.lists(st.binary(max_size=200), max_size=8), st.booleans(), st.data())
def test_any_split_of_any_body_decodes_to_the_same_bytes(chunks, has_trailer, data):
    body = encoded(chunks, has_trailer)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=10)))
    edges = [0, *cuts, len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    events = decode(pieces, UNSIGNED, CRC if has_trailer else None)
    assert error_of(events) is None
    assert data_of(events) == b"".join(chunks)


ALPHABET = st.sampled_from(
    [b"0", b"5", b"a", b"\r\n", b"\r", b"\n", b";", b"chunk-signature=", SIG, b":", C, TSIG, b" ", b"hello", b"\xff"]
)
MODES = st.sampled_from([UNSIGNED, SIGNED, SIGNED_TRAILER])


def check_robust(pieces, mode, trailer):
    body = b"".join(pieces)
    events = decode([body], mode, trailer)
    assert decode(pieces, mode, trailer) == events
    assert len(data_of(events)) <= len(body)
    error = error_of(events)
    assert error is None or error[0] in ("IncompleteBody", "MalformedTrailerError", "InvalidChunkSizeError")
    if error is None:
        assert isinstance(events[-1], TrailersEnd)


@given(st.lists(ALPHABET, max_size=30), MODES, st.sampled_from([None, CRC]))
@settings(max_examples=300)
def test_hostile_bodies_end_in_a_documented_refusal(pieces, mode, trailer):
    check_robust(pieces, mode, trailer)


@pytest.mark.exam
@pytest.mark.timeout(3600)
@given(st.lists(st.one_of(ALPHABET, st.binary(max_size=40)), max_size=60), MODES, st.sampled_from([None, CRC]))
@settings(max_examples=200_000, deadline=None)
def test_hostile_bodies_for_minutes(pieces, mode, trailer):
    check_robust(pieces, mode, trailer)


def test_limits_are_those_of_the_specification():
    assert (chunked.MAX_SIZE_LINE_BYTES, chunked.MAX_SIZE_DIGITS, chunked.MAX_CHUNK_BYTES) == (256, 16, 5 << 30)
    assert (chunked.MAX_TRAILER_LINES, chunked.MAX_TRAILER_BYTES, chunked.MIN_SIGNED_CHUNK_BYTES) == (8, 4096, 8192)


def test_a_flood_of_tiny_chunks_is_decoded_in_steps():
    decoder = ChunkedDecoder(UNSIGNED, None)
    steps = [decoder.feed(b"1\r\na\r\n" * 10_000 + b"0\r\n\r\n")]
    while decoder.has_more:
        steps.append(decoder.more())
    assert max(map(len, steps)) <= chunked.MAX_EVENTS_AT_ONCE + 1
    events = [event for step in steps for event in step] + decoder.finish()
    assert data_of(normal(events)) == b"a" * 10_000
    assert isinstance(events[-1], TrailersEnd)
