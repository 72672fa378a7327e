"""Floods, lies about lengths, clients that stop in the middle: refused within bounds, others unharmed.

Framing of §4.5 as a table; memory and files are what they were afterwards.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from photoncloud.testkit import s3_signing as signing
from photoncloud.testkit.s3_state import resident_bytes, stored_files
from photoncloud.testkit.s3_wire import CRC32, RawRequest, Target, Wire, crc32

BUCKET = "limits"
DATA = b"d" * 20_000
GIB5 = 5 << 30
GROWTH_LIMIT_BYTES = 128 << 20
SIGNATURE = b"0" * 64
HALF_OPEN = 500


@pytest.fixture(scope="module", autouse=True)
def bucket(target: Target, s3_store: Any) -> Iterator[str]:
    assert target.send(target.signed("PUT", f"/{BUCKET}")).status == 200
    memory = resident_bytes(s3_store.process.pid)
    files = stored_files(s3_store.data_dir)
    yield BUCKET
    keys = target.send(target.signed("GET", f"/{BUCKET}")).elements("Key")
    assert keys == []
    assert stored_files(s3_store.data_dir) == files
    assert resident_bytes(s3_store.process.pid) - memory < GROWTH_LIMIT_BYTES
    assert s3_store.process.events("request_failed") == []


def unsigned(target: Target, body: bytes, *, length: str = str(len(DATA)), trailer: str = "") -> RawRequest:
    """A PUT with unsigned chunks; the framing is the test's."""
    fields = {"x-amz-decoded-content-length": length} | ({"x-amz-trailer": trailer} if trailer else {})
    path = f"/{BUCKET}/{uuid.uuid4().hex}"
    return replace(target.signed("PUT", path, fields=fields, payload=signing.STREAMING_UNSIGNED_TRAILER), body=body)


HEX = b"%x" % len(DATA)
GOOD_CHUNK = HEX + b"\r\n" + DATA + b"\r\n"
GOOD_TRAILER = f"{CRC32}:{crc32(DATA)}\r\n".encode()
INCOMPLETE, WRONG_COUNT, TRAILER = "IncompleteBody", "IncompleteBody+", "MalformedTrailerError"
"""`+`: with the counts of expected and provided bytes."""
FRAMINGS: dict[str, tuple[bytes, str]] = {
    "negative size": (b"-4e20\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "size with sign": (b"+4e20\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "size with prefix": (b"0x4e20\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "size with underscore": (b"4_e20\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "decimal size": (b"20000\r\n" + DATA + b"\r\n0\r\n\r\n", ""),
    "no size": (b"\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "size that is a word": (b"size\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "size of full-width digits": ("４e20\r\n".encode() + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "size of 17 digits": (b"00000000000004e20\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "size of 2**64 - 1": (b"ffffffffffffffff\r\n" + DATA + b"\r\n0\r\n\r\n", ""),
    "size of 2**63": (b"8000000000000000\r\n" + DATA + b"\r\n0\r\n\r\n", ""),
    "size of a chunk beyond 5 GiB": (b"140000001\r\n" + DATA + b"\r\n0\r\n\r\n", ""),
    "chunk longer than its size": (b"10\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "chunk shorter than its size": (b"5000\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "LF only after the size": (HEX + b"\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "CR only after the size": (HEX + b"\r" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "LF only after the data": (HEX + b"\r\n" + DATA + b"\n0\r\n\r\n", INCOMPLETE),
    "nothing after the data": (HEX + b"\r\n" + DATA + b"0\r\n\r\n", INCOMPLETE),
    "no zero chunk": (GOOD_CHUNK, INCOMPLETE),
    "zero chunk cut off": (GOOD_CHUNK + b"0", INCOMPLETE),
    "lone CR after the zero chunk": (GOOD_CHUNK + b"0\r\n\r", INCOMPLETE),
    "not chunked at all": (DATA, INCOMPLETE),
    "nothing": (b"", INCOMPLETE),
    "less than announced": (b"10\r\n" + b"d" * 16 + b"\r\n0\r\n\r\n", WRONG_COUNT),
    "more than announced": (GOOD_CHUNK * 2 + b"0\r\n\r\n", WRONG_COUNT),
    "zero chunk first": (b"0\r\n\r\n" + GOOD_CHUNK + b"0\r\n\r\n", WRONG_COUNT),
    "extension flood": (HEX + b";" + b"e" * 300 + b"\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "extension megabytes": (HEX + b";" + b"e" * (3 << 20) + b"\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "blanks for ever": (HEX + b" " * (1 << 20) + b"\r\n" + DATA + b"\r\n0\r\n\r\n", INCOMPLETE),
    "trailer nobody announced": (GOOD_CHUNK + b"0\r\n" + GOOD_TRAILER + b"\r\n", TRAILER),
}
TRAILERS: dict[str, tuple[bytes, str]] = {
    "announced and not sent": (b"\r\n", TRAILER),
    "blank line before it": (b"\r\n" + GOOD_TRAILER + b"\r\n", TRAILER),
    "another one": (b"x-amz-checksum-sha1:AAAA\r\n\r\n", TRAILER),
    "without colon": (b"x-amz-checksum-crc32\r\n\r\n", ""),
    "without value": (b"x-amz-checksum-crc32:\r\n\r\n", ""),
    "line that does not end": (GOOD_TRAILER[:-2], INCOMPLETE),
    "nine lines": (GOOD_TRAILER * 9 + b"\r\n", ""),
    "a long line": (b"x-amz-checksum-crc32:" + b"A" * 5000 + b"\r\n\r\n", ""),
    "megabytes of lines": (b"x-amz-meta-a:b\r\n" * 200_000 + b"\r\n", ""),
    "a signature in an unsigned stream": (
        GOOD_TRAILER + b"x-amz-trailer-signature:" + SIGNATURE + b"\r\n\r\n",
        "",
    ),
    "wrong value": (b"x-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"),
}
SIGNED_FRAMINGS: dict[str, tuple[bytes, str]] = {
    "no signature": (GOOD_CHUNK + b"0\r\n\r\n", INCOMPLETE),
    "blank signature": (HEX + b";chunk-signature=\r\n" + DATA + b"\r\n0;chunk-signature=\r\n\r\n", INCOMPLETE),
    "short signature": (HEX + b";chunk-signature=ab\r\n" + DATA + b"\r\n", "SignatureDoesNotMatch"),
    "wrong signature": (HEX + b";chunk-signature=" + SIGNATURE + b"\r\n" + DATA + b"\r\n", "SignatureDoesNotMatch"),
    "another extension first": (
        HEX + b";a=b;chunk-signature=" + SIGNATURE + b"\r\n" + DATA + b"\r\n",
        "SignatureDoesNotMatch",
    ),
    "something after it": (HEX + b";chunk-signature=" + SIGNATURE + b";a=b\r\n" + DATA + b"\r\n", INCOMPLETE),
    "signature of megabytes": (HEX + b";chunk-signature=" + b"0" * (3 << 20) + b"\r\n", INCOMPLETE),
}


def judged(target: Target, request: RawRequest, code: str) -> None:
    answer = target.send(request)
    assert 400 <= answer.status < 500, answer.body
    assert answer.code == (code.rstrip("+") or answer.code), answer.body
    if code:
        assert (b"<NumberBytesExpected>" in answer.body) is code.endswith("+")


@pytest.mark.parametrize("why", FRAMINGS)
def test_framing(why: str, target: Target) -> None:
    body, code = FRAMINGS[why]
    judged(target, unsigned(target, body), code)


@pytest.mark.parametrize("why", TRAILERS)
def test_trailers(why: str, target: Target) -> None:
    lines, code = TRAILERS[why]
    judged(target, unsigned(target, GOOD_CHUNK + b"0\r\n" + lines, trailer=CRC32), code)


@pytest.mark.parametrize("why", SIGNED_FRAMINGS)
def test_signed_framing(why: str, target: Target) -> None:
    body, code = SIGNED_FRAMINGS[why]
    honest = target.streamed("PUT", f"/{BUCKET}/signed", DATA)
    judged(target, replace(honest, body=body), code)


@pytest.mark.parametrize("length", ["", "-1", "abc", "0x10", "1e4", "9" * 30, "20000, 20000", " ", "²"])
def test_decoded_lengths_that_are_none(length: str, target: Target) -> None:
    answer = target.send(unsigned(target, GOOD_CHUNK + b"0\r\n\r\n", length=length))
    assert (answer.status, answer.code) == (411, "MissingContentLength")


@pytest.mark.parametrize("length", ["0", "1", "19999", "20001", "5368709120"])
def test_decoded_lengths_that_lie(length: str, target: Target) -> None:
    judged(target, unsigned(target, GOOD_CHUNK + b"0\r\n\r\n", length=length), WRONG_COUNT)


def test_short_chunks_before_the_last(target: Target) -> None:
    honest = target.streamed("PUT", f"/{BUCKET}/short", DATA, chunk_bytes=1000)
    answer = target.send(honest)
    assert (answer.status, answer.code) == (403, "InvalidChunkSizeError")
    assert (answer.element("Chunk"), answer.element("BadChunkSize")) == ("2", "1000")


def test_five_gibibytes_and_one(target: Target) -> None:
    """Refused from the head alone, before a byte of the body is asked for."""
    request = target.signed("PUT", f"/{BUCKET}/large", payload=signing.UNSIGNED, fields={"expect": "100-continue"})
    streamed = unsigned(target, b"", length=str(GIB5 + 1)).having("expect", "100-continue")
    part = target.signed(
        "PUT",
        f"/{BUCKET}/large",
        payload=signing.UNSIGNED,
        query={"partNumber": "1", "uploadId": created(target)},
        fields={"expect": "100-continue"},
    )
    for each in (replace(request, length=str(GIB5 + 1)), replace(part, length=str(GIB5 + 1)), streamed):
        answer = target.send(replace(each, length=each.length or "100"))
        assert (answer.status, answer.code) == (400, "EntityTooLarge"), answer.body
        assert answer.headers["connection"] == "close"
        assert (answer.element("ProposedSize"), answer.element("MaxSizeAllowed")) == (str(GIB5 + 1), str(GIB5))
    accepted = replace(request, length=str(GIB5))
    with target.connect() as wire:
        wire.send(accepted.head)
        assert wire.read_answer().status == 100, "exactly 5 GiB may come"


def created(target: Target) -> str:
    return target.send(target.signed("POST", f"/{BUCKET}/large", query={"uploads": ""})).element("UploadId")


# ---- clients that stop


def test_vanishing_at_every_byte(target: Target, s3_store: Any) -> None:
    """A request cut after each of its first bytes, around the end of its head, and along its body."""
    path = f"/{BUCKET}/vanished"
    requests = [
        target.signed("PUT", path, b"v" * 300),
        target.streamed("PUT", path, b"v" * 9000, payload=signing.STREAMING_SIGNED_TRAILER, chunk_bytes=8192),
        target.signed("PUT", path, b"v" * 70_000),
    ]
    for request in requests:
        raw, head = request.raw, len(request.head)
        cuts = {*range(0, head, 7), *range(head - 6, head + 6), *range(head + 6, len(raw) - 8, len(raw) // 40)}
        cuts |= set(range(len(raw) - 8, len(raw)))
        for cut in sorted(cuts):
            with target.connect() as wire:
                wire.send(raw[:cut])
                if cut % 2:
                    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
    assert target.send(target.signed("HEAD", path)).status == 404
    wait_for(lambda: not stored_files(s3_store.data_dir))


def wait_for(condition: Any, timeout_sec: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_sec
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_readers_that_vanish(target: Target, s3_store: Any) -> None:
    path = f"/{BUCKET}/read"
    target.send(target.signed("PUT", path, b"r" * 3_000_000))
    for size in (0, 1, 100, 5000, 70_000, 1_000_000):
        for _ in range(4):
            with target.connect() as wire:
                wire.send(target.signed("GET", path).raw)
                while size > 0:
                    size -= len(wire.socket.recv(min(size, 65536)))
    descriptors = len(list(descriptors_of(s3_store.process.pid)))
    assert target.send(target.signed("GET", path)).body == b"r" * 3_000_000
    target.send(target.signed("DELETE", path))
    assert descriptors < 200
    wait_for(lambda: len(list(descriptors_of(s3_store.process.pid))) <= descriptors)
    collected(s3_store)


def collected(s3_store: Any) -> None:
    """Blobs of deleted objects go with the collector; those of this module are too young."""
    for file in stored_files(s3_store.data_dir):
        (s3_store.data_dir / file).unlink()


def descriptors_of(pid: int) -> Iterator[str]:
    yield from (each.name for each in Path(f"/proc/{pid}/fd").iterdir())


def test_half_open_connections_harm_nobody(target: Target, s3_store: Any) -> None:
    """500 clients that say half a head or half a body and then nothing: the others are served meanwhile."""
    halves = [
        b"",
        b"GET / HT",
        target.signed("PUT", f"/{BUCKET}/half", b"x" * 1000).raw[:-500],
        target.signed("PUT", f"/{BUCKET}/half", b"x" * 100_000).raw[:-500],
    ]
    wires: list[Wire] = []
    with contextlib.ExitStack() as stack:
        for number in range(HALF_OPEN):
            wire = stack.enter_context(target.connect())
            wire.send(halves[number % len(halves)])
            wires.append(wire)
        for number in range(50):
            path = f"/{BUCKET}/other"
            assert target.send(target.signed("PUT", path, b"%d" % number)).status == 200
            assert target.send(target.signed("GET", path)).body == b"%d" % number
        assert target.send(target.signed("DELETE", f"/{BUCKET}/other")).status == 204
    wait_for(lambda: len(list(descriptors_of(s3_store.process.pid))) < HALF_OPEN)


def test_pipelining_without_reading(target: Target, s3_store: Any) -> None:
    """Requests by the thousand and not one answer read: the server stops reading instead of remembering."""
    path = f"/{BUCKET}/pipe"
    target.send(target.signed("PUT", path, b"p" * 50_000))
    request = target.signed("GET", path).raw
    before = resident_bytes(s3_store.process.pid)
    with target.connect() as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.socket.settimeout(1.0)
        sent = 0
        with contextlib.suppress(TimeoutError, ConnectionError):
            while sent < 40_000:
                wire.send(request * 100)
                sent += 100
        assert sent < 40_000, "somebody must have stopped"
        assert resident_bytes(s3_store.process.pid) - before < 32 << 20
        assert target.send(target.signed("GET", path)).status == 200
    target.send(target.signed("DELETE", path))


def test_answers_that_nobody_takes(target: Target, s3_store: Any) -> None:
    """Large bodies to clients that do not read: bounded buffers, not whole bodies, wait in memory."""
    path = f"/{BUCKET}/slow"
    target.send(target.signed("PUT", path, b"s" * (8 << 20)))
    before = resident_bytes(s3_store.process.pid)
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            wire = stack.enter_context(target.connect())
            wire.send(target.signed("GET", path).raw)
        time.sleep(0.5)
        assert resident_bytes(s3_store.process.pid) - before < 64 << 20
        assert target.send(target.signed("HEAD", path)).status == 200
    target.send(target.signed("DELETE", path))
    collected(s3_store)


def slow_upload(target: Target, path: str, size: int, step: int, pause_sec: float, results: list[int]) -> None:
    request = replace(target.signed("PUT", path, payload=signing.UNSIGNED), length=str(size))
    with target.connect() as wire:
        wire.send(request.head)
        for at in range(0, size, step):
            wire.send(bytes(min(step, size - at)))
            time.sleep(pause_sec)
        results.append(wire.read_answer().status)


def slow_download(target: Target, path: str, step: int, pause_sec: float, results: list[int]) -> None:
    with target.connect() as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        wire.send(target.signed("GET", path).raw)
        got = 0
        while got < 4 << 20:
            got += len(wire.socket.recv(step))
            time.sleep(pause_sec)
        results.append(200)


def slow_clients(
    target: Target, s3_store: Any, *, count: int, size: int, step: int, pause_sec: float, limit: int
) -> None:
    """`count` uploads and as many downloads at `step / pause_sec` bytes a second; memory stays below `limit` more."""
    results: list[int] = []
    target.send(target.signed("PUT", f"/{BUCKET}/down", bytes(min(size, 16 << 20))))
    before = resident_bytes(s3_store.process.pid)
    threads = [
        threading.Thread(target=slow_upload, args=(target, f"/{BUCKET}/up{n}", size, step, pause_sec, results))
        for n in range(count)
    ]
    threads += [
        threading.Thread(target=slow_download, args=(target, f"/{BUCKET}/down", step, pause_sec, results))
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    most = 0
    while any(thread.is_alive() for thread in threads):
        most = max(most, resident_bytes(s3_store.process.pid) - before)
        time.sleep(0.05)
    for number in range(count):
        target.send(target.signed("DELETE", f"/{BUCKET}/up{number}"))
    target.send(target.signed("DELETE", f"/{BUCKET}/down"))
    collected(s3_store)
    assert results == [200] * (2 * count)
    assert most < limit


def test_slow_clients_do_not_fill_the_memory(target: Target, s3_store: Any) -> None:
    slow_clients(target, s3_store, count=16, size=4 << 20, step=1 << 18, pause_sec=0.1, limit=128 << 20)


@pytest.mark.exam
@pytest.mark.timeout(1200)
def test_thirty_two_slow_clients_with_256_mib_each(target: Target, s3_store: Any) -> None:
    slow_clients(target, s3_store, count=32, size=256 << 20, step=1 << 20, pause_sec=1.0, limit=230 << 20)
