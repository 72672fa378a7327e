"""Bodies as clients send them, right and wrong: verified and stored whole, or refused with nothing left."""

import asyncio
import hashlib
import os
import tracemalloc
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoncloud.lightningstor.adapters.hash_functions import DIGEST
from photoncloud.lightningstor.core.checksum import ALGORITHMS, encode
from photoncloud.lightningstor.core.chunked import ChunkedDecoder, ChunkEnd, TrailersEnd
from photoncloud.lightningstor.errors import OutOfSpace, S3Error
from photoncloud.lightningstor.service import body_intake
from photoncloud.lightningstor.service.body_intake import BodyIntake, demands_of
from photoncloud.lightningstor.service.body_sink import BodyStores
from photoncloud.lightningstor.service.call import Payload
from photoncloud.lightningstor.service.sealed_body import new_body_key

UNSIGNED, SIGNED, SIGNED_TRAILER = "streaming-unsigned-trailer", "streaming-signed", "streaming-signed-trailer"
SMALL, LARGE = b"123456789" * 10, bytes(range(256)) * 400
BODIES = pytest.mark.parametrize("data", [b"", b"x", SMALL, LARGE], ids=["empty", "one", "small", "large"])
CRC = "x-amz-checksum-crc32"


def crc32(data):
    return encode(zlib.crc32(data).to_bytes(4, "big"))


@pytest.fixture
def intake(stores):
    return BodyIntake(stores)


@pytest.fixture
def content(read_blob):
    async def content(body):
        if body.body.kind != "blob":
            return body.inline
        await body.publish()
        return await read_blob(body.body.id)

    return content


@pytest.fixture
def refused(intake, blob_files):
    """The refusal of a call, after a look at what it left."""

    async def refused(call, **options):
        with pytest.raises(S3Error) as refusal:
            await intake.intake(call, **options)
        assert blob_files() == [], "a refused body leaves nothing"
        return refusal.value

    return refused


def streamed(data, *, chunk=1 << 16, trailer=None):
    chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in chunks) + b"0\r\n"
    return body + (f"{CRC}:{trailer}\r\n\r\n".encode() if trailer else b"\r\n")


def signed(signer, data, *, chunk=1 << 16, trailer=None):
    chunks = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    body = b"".join(signer.chunk(piece) for piece in chunks) + signer.chunk(b"")
    return body + (signer.trailer(CRC, trailer) if trailer else b"\r\n")


def length_header(data):
    return ("x-amz-decoded-content-length", str(len(data)))


# Sound bodies.


@BODIES
@pytest.mark.parametrize("split", [7, 1 << 18])
@pytest.mark.parametrize("mode", ["unsigned", "hash"])
async def test_plain_bodies(intake, make_call, content, data, split, mode):
    if split == 7 and len(data) > 10_000:
        data = data[:10_000]
    body = await intake.intake(make_call(data, mode=mode, split=split))
    assert (body.size, body.etag) == (len(data), hashlib.md5(data).hexdigest())
    assert (body.checksum.algorithm, body.checksum.value) == ("CRC64NVME", DIGEST["CRC64NVME"](data))
    assert await content(body) == data


@BODIES
@pytest.mark.parametrize("split", [97, 1 << 18])
async def test_unsigned_streams(intake, make_call, content, data, split):
    call = make_call(streamed(data), [length_header(data)], mode=UNSIGNED, split=split)
    body = await intake.intake(call)
    assert body.size == len(data)
    assert await content(body) == data


@BODIES
@pytest.mark.parametrize("split", [97, 1 << 18])
async def test_signed_streams(intake, make_call, content, signer, data, split):
    call = make_call(signed(signer, data, chunk=8192), [length_header(data)], mode=SIGNED, split=split)
    assert await content(await intake.intake(call)) == data


@BODIES
async def test_signed_trailers(intake, make_call, content, signer, data):
    headers = [length_header(data), ("x-amz-trailer", CRC)]
    call = make_call(signed(signer, data, trailer=crc32(data)), headers, mode=SIGNED_TRAILER)
    body = await intake.intake(call)
    assert body.checksum.algorithm == "CRC32"
    assert await content(body) == data


async def test_tiny_chunks_let_others_work(intake, make_call, content):
    turns = 0

    async def count_turns():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(count_turns())
    call = make_call(streamed(SMALL * 20, chunk=1), [length_header(SMALL * 20)], mode=UNSIGNED)
    body = await intake.intake(call)
    other.cancel()
    assert turns > 10
    assert await content(body) == SMALL * 20


async def test_streams_in_chunked_transfer_coding(intake, make_call, content):
    call = make_call(streamed(SMALL), [length_header(SMALL)], mode=UNSIGNED, content_length=False)
    assert await content(await intake.intake(call)) == SMALL


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
@pytest.mark.parametrize("place", ["header", "trailer"])
@pytest.mark.parametrize("is_right", [True, False])
@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
async def test_ten_algorithms_in_header_and_trailer(
    intake, refused, make_call, algorithm, place, is_right, data, blob_files
):
    value = encode(DIGEST[algorithm](data if is_right else data + b"!"))
    name = ALGORITHMS[algorithm].header
    if place == "header":
        call = make_call(data, [(name, value)], mode="hash")
    else:
        body = streamed(data)[:-2] + f"{name}: {value}\r\n\r\n".encode()
        call = make_call(body, [length_header(data), ("x-amz-trailer", name)], mode=UNSIGNED)
    if is_right:
        stored = await intake.intake(call)
        assert (stored.checksum.algorithm, encode(stored.checksum.value)) == (algorithm, value)
        await stored.discard()
        return
    error = await refused(call)
    assert error.code == "BadDigest"
    assert error.message == f"The {algorithm} you specified did not match the calculated checksum."


async def test_required_algorithms_are_computed_and_kept(intake, make_call):
    body = await intake.intake(make_call(SMALL), required_algorithms=frozenset({"SHA1"}))
    assert (body.checksum.algorithm, body.checksum.value) == ("SHA1", hashlib.sha1(SMALL).digest())
    body = await intake.intake(make_call(SMALL, [(CRC, crc32(SMALL))]), required_algorithms=frozenset({"SHA1"}))
    assert body.checksum.algorithm == "CRC32"
    assert body.digests["SHA1"] == hashlib.sha1(SMALL).digest()


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
async def test_encrypted_bodies_verify_their_plain_bytes(intake, make_call, stores, cipher, refused, data):
    key = new_body_key(cipher, "AES256", None)
    body = await intake.intake(make_call(data, [(CRC, crc32(data))], mode="hash"), encryption=key)
    assert body.encryption == key.record
    await body.discard()
    assert (await refused(make_call(data, [(CRC, "AAAAAA==")]), encryption=key)).code == "BadDigest"


# Refusals, in the order of precedence.


@BODIES
async def test_wrong_sha256(refused, make_call, data):
    error = await refused(make_call(data, mode="hash", sha="00" * 32))
    assert error.code == "XAmzContentSHA256Mismatch"
    assert error.fields["S3ComputedContentSHA256"] == hashlib.sha256(data).hexdigest()


@BODIES
async def test_wrong_md5(refused, make_call, data):
    error = await refused(make_call(data, [("content-md5", encode(bytes(16)))]))
    assert (error.code, error.fields["ExpectedDigest"]) == ("BadDigest", "00" * 16)


FAULTS = {
    "md5 format": (("content-md5", "x"), "InvalidDigest"),
    "checksum header": ((CRC, "x"), "InvalidRequest"),
    "sha": (None, "XAmzContentSHA256Mismatch"),
    "md5": (("content-md5", encode(bytes(16))), "BadDigest"),
    "checksum": ((CRC, "AAAAAA=="), "BadDigest"),
}


@pytest.mark.parametrize("first", list(FAULTS))
@pytest.mark.parametrize("second", list(FAULTS))
async def test_precedence_of_two_faults(refused, make_call, first, second):
    order = list(FAULTS)
    if order.index(first) >= order.index(second) or (FAULTS[first][0] or "a")[0] == (FAULTS[second][0] or "b")[0]:
        return
    headers = [FAULTS[name][0] for name in (first, second) if FAULTS[name][0]]
    has_sha_fault = "sha" in (first, second)
    error = await refused(make_call(SMALL, headers, mode="hash", sha="00" * 32 if has_sha_fault else None))
    assert error.code == FAULTS[first][1]
    if first == "md5":
        assert "ExpectedDigest" in error.fields


async def test_headers_are_judged_before_a_byte_is_read(refused, make_call):
    for headers in ([("content-md5", "x")], [(CRC, "x")], [("x-amz-trailer", CRC)]):
        call = make_call(SMALL, headers)
        await refused(call)
        assert call.request.body.reads == 0


async def test_framing_wins_over_length_and_digests(refused, make_call):
    headers = [("x-amz-decoded-content-length", "5"), ("content-md5", encode(bytes(16)))]
    error = await refused(make_call(streamed(SMALL)[:-4], headers, mode=UNSIGNED))
    assert (error.code, error.message) == ("IncompleteBody", "The request body terminated unexpectedly")


@pytest.mark.parametrize("announced", [0, 5, len(LARGE) - 1, len(LARGE) + 1])
async def test_length_wins_over_digests(refused, make_call, announced):
    headers = [("x-amz-decoded-content-length", str(announced)), ("content-md5", encode(bytes(16)))]
    error = await refused(make_call(streamed(LARGE), headers, mode=UNSIGNED))
    assert error.code == "IncompleteBody"
    assert error.message == "You did not provide the number of bytes specified by the Content-Length HTTP header"
    assert error.fields == {"NumberBytesExpected": str(announced), "NumberBytesProvided": str(len(LARGE))}


@pytest.mark.parametrize("text", [None, "", "x", "-1", "1.5", "0x10", " 5", "1" * 30])
async def test_decoded_length_must_be_decimal(refused, make_call, text):
    headers = [] if text is None else [("x-amz-decoded-content-length", text)]
    error = await refused(make_call(streamed(SMALL), headers, mode=UNSIGNED))
    assert error.code == "MissingContentLength"


async def test_no_length_at_all(refused, make_call):
    call = make_call(SMALL, content_length=False)
    call.request.has_transfer_encoding = False
    assert (await refused(call)).code == "MissingContentLength"


async def test_chunked_transfer_coding_needs_a_streaming_payload(refused, make_call):
    error = await refused(make_call(SMALL, content_length=False))
    assert (error.code, error.fields) == ("NotImplemented", {"Header": "Transfer-Encoding"})


@pytest.mark.parametrize("mode", ["unsigned", UNSIGNED])
async def test_too_large_is_refused_before_a_byte_is_read(refused, make_call, mode):
    call = make_call(streamed(LARGE) if mode == UNSIGNED else LARGE, [length_header(LARGE)], mode=mode)
    error = await refused(call, length_limit=100)
    assert (error.code, error.fields) == (
        "EntityTooLarge",
        {"ProposedSize": str(len(LARGE)), "MaxSizeAllowed": "100"},
    )
    assert call.request.body.reads == 0
    assert body_intake.MAX_OBJECT_BYTES == 5 * 1024**3


PRESIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


async def test_streaming_words_mean_nothing_in_presigned_requests(refused, make_call):
    def call(headers):
        return make_call(SMALL, headers, mode="hash", sha=PRESIGNED)

    assert (await refused(call([]))).code == "MissingContentLength"
    error = await refused(call([("x-amz-decoded-content-length", "5")]))
    assert error.fields == {"NumberBytesExpected": "5", "NumberBytesProvided": str(len(SMALL))}
    error = await refused(call([length_header(SMALL)]))
    assert error.code == "XAmzContentSHA256Mismatch"
    assert error.fields["ClientComputedContentSHA256"] == PRESIGNED


# Signatures of streams.


@pytest.mark.parametrize("where", ["first", "middle", "last"])
async def test_a_wrong_chunk_signature(refused, make_call, signer, where):
    body = bytearray(signed(signer, LARGE, chunk=8192))
    marks = [at for at in range(len(body)) if body.startswith(b"chunk-signature=", at)]
    at = {"first": marks[0], "middle": marks[len(marks) // 2], "last": marks[-1]}[where] + 20
    body[at] = ord("0") if body[at] != ord("0") else ord("1")
    error = await refused(make_call(bytes(body), [length_header(LARGE)], mode=SIGNED))
    assert error.code == "SignatureDoesNotMatch"
    assert error.fields["StringToSign"].startswith("AWS4-HMAC-SHA256-PAYLOAD\n")


async def test_a_wrong_trailer_signature(refused, make_call, signer):
    body = signed(signer, SMALL, trailer=crc32(SMALL))
    at = body.index(b"x-amz-trailer-signature:") + 30
    body = body[:at] + (b"0" if body[at : at + 1] != b"0" else b"1") + body[at + 1 :]
    call = make_call(body, [length_header(SMALL), ("x-amz-trailer", CRC)], mode=SIGNED_TRAILER)
    error = await refused(call)
    assert error.code == "SignatureDoesNotMatch"
    assert error.fields["StringToSign"].startswith("AWS4-HMAC-SHA256-TRAILER\n")


async def test_an_extension_before_the_signature(refused, make_call, signer):
    body = signed(signer, SMALL).replace(b";chunk-signature", b";extra=param;chunk-signature", 1)
    assert (await refused(make_call(body, [length_header(SMALL)], mode=SIGNED))).code == "SignatureDoesNotMatch"


async def test_short_chunks(refused, make_call, signer):
    call = make_call(signed(signer, bytes(3000), chunk=1024), [("x-amz-decoded-content-length", "3000")], mode=SIGNED)
    error = await refused(call)
    assert (error.code, error.fields) == ("InvalidChunkSizeError", {"Chunk": "2", "BadChunkSize": "1024"})


@pytest.mark.parametrize("split", [1, 50, 1 << 18])
async def test_a_wrong_signature_is_told_before_a_later_short_chunk(refused, make_call, signer, split):
    body = signed(signer, bytes(3000), chunk=1024)
    at = body.index(b"chunk-signature=") + 20
    body = body[:at] + (b"0" if body[at : at + 1] != b"0" else b"1") + body[at + 1 :]
    call = make_call(body, [("x-amz-decoded-content-length", "3000")], mode=SIGNED, split=split)
    assert (await refused(call)).code == "SignatureDoesNotMatch"


async def test_a_signed_stream_without_its_chain_is_a_bug_not_a_body(intake, make_call, blob_files):
    call = make_call(streamed(SMALL), [length_header(SMALL)], mode=UNSIGNED)
    call.payload = Payload("streaming-signed")
    with pytest.raises(RuntimeError):
        await intake.intake(call)


def meaning(mode, body):
    """What the framing says, without its spelling: blanks, leading zeros, the case of names."""
    decoder = ChunkedDecoder(mode, CRC if mode == SIGNED_TRAILER else None)
    events = [*decoder.feed(body), *decoder.finish()]
    data = b"".join(event for event in events if isinstance(event, memoryview))
    return (
        data,
        [event for event in events if isinstance(event, (ChunkEnd, TrailersEnd))],
        isinstance(events[-1], S3Error),
    )


@pytest.mark.parametrize("mode", ["hash", SIGNED, SIGNED_TRAILER])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
async def test_tamper_matrix_any_changed_byte_is_refused(refused, make_call, new_signer, mode, data):
    """Change, drop or insert one byte anywhere in a signed body: nothing is stored."""
    plain = bytes(range(256)) * 8
    if mode == "hash":
        body, headers = plain, []
    elif mode == SIGNED:
        body, headers = signed(new_signer(), plain), [length_header(plain)]
    else:
        body = signed(new_signer(), plain, trailer=crc32(plain))
        headers = [length_header(plain), ("x-amz-trailer", CRC)]
    end = len(body) - (0 if mode == "hash" else 2)  # what follows the last signed line is ignored
    at = data.draw(st.integers(0, end - 1))
    how = data.draw(st.sampled_from(["flip", "drop", "insert"]))
    byte = bytes([body[at] ^ data.draw(st.integers(1, 255))])
    tampered = body[:at] + {"flip": byte, "drop": b"", "insert": byte + body[at : at + 1]}[how] + body[at + 1 :]
    sha = hashlib.sha256(plain).hexdigest() if mode == "hash" else None
    if tampered == body or (mode != "hash" and meaning(mode, body) == meaning(mode, tampered)):
        return
    await refused(make_call(tampered, headers, mode=mode, sha=sha))


# Clients that vanish, disks that fill, requests that are cancelled.


@pytest.mark.parametrize("mode", ["unsigned", UNSIGNED, SIGNED])
@pytest.mark.parametrize("share", [0, 1, 50, 99])
async def test_a_client_that_vanishes_leaves_nothing(refused, make_call, signer, vanishing_body, mode, share):
    body = {"unsigned": LARGE, UNSIGNED: streamed(LARGE), SIGNED: signed(signer, LARGE)}[mode]
    part = body[: len(body) * share // 100]
    call = make_call(body, [length_header(LARGE)], mode=mode, pieces=[part], body_class=vanishing_body)
    assert (await refused(call)).code == "IncompleteBody"


async def test_a_cancelled_request_leaves_nothing(intake, make_call, blob_files):
    class Stalled:
        length = 100_000
        first = True

        async def read(self):
            if self.first:
                self.first = False
                return bytes(5000)
            return await asyncio.sleep(60, b"")

    call = make_call(bytes(100_000))
    call.request.body = Stalled()
    task = asyncio.ensure_future(intake.intake(call))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert blob_files() == []


async def test_a_full_disk_is_told_and_leaves_nothing(stores, make_call, blob_files, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwritev", full)
    with pytest.raises(OutOfSpace):
        await BodyIntake(stores).intake(make_call(LARGE))
    assert blob_files() == []


# Memory.


class NullWriter:
    """Takes anything; counts how much was on its way at once."""

    id = bytes(16)

    def __init__(self):
        self.written = 0
        self.in_flight = 0
        self.most_in_flight = 0

    async def write(self, pieces):
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        self.written += sum(map(len, pieces))
        self.in_flight -= 1

    async def publish(self):
        pass

    async def discard(self):
        pass


class NullBlobs:
    def __init__(self):
        self.writer = NullWriter()

    async def create(self, *, length):
        return self.writer


class EndlessBody:
    """`count` buffers of 256 KiB, always the same memory."""

    def __init__(self, count):
        self.length = count << 18
        self._left = count
        self._buffer = memoryview(bytearray(1 << 18))

    async def read(self):
        if not self._left:
            return b""
        self._left -= 1
        return self._buffer


async def test_memory_does_not_grow_with_the_body(executor, stores, make_call):
    blobs = NullBlobs()
    bounded = BodyStores(stores.hashes, blobs, stores.cipher, stores.random_bytes, 65536)
    call = make_call()
    call.request.body = EndlessBody(1024)  # 256 MiB
    tracemalloc.start()
    body = await BodyIntake(bounded).intake(call)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert body.size == blobs.writer.written == 256 << 20
    assert blobs.writer.most_in_flight == 1, "the next buffer is asked for when this one is free"
    assert peak < 4 << 20


# Documents and other sources.


async def test_documents(intake, make_call, signer):
    xml = b"<Delete/>"
    assert await intake.document(make_call(xml, mode="hash"), limit=100) == xml
    call = make_call(streamed(xml), [length_header(xml)], mode=UNSIGNED)
    assert await intake.document(call, limit=100) == xml
    assert await intake.document(make_call(b""), limit=100) == b""
    assert await intake.document(make_call(b"", content_length=True), limit=0) == b""


async def test_documents_are_verified(intake, make_call):
    cases = [
        (make_call(b"<a/>", mode="hash", sha="00" * 32), "XAmzContentSHA256Mismatch"),
        (make_call(b"<a/>", [("content-md5", encode(bytes(16)))]), "BadDigest"),
        (make_call(b"<a/>", [(CRC, "AAAAAA==")]), "BadDigest"),
        (make_call(b"<a/>" * 100), "EntityTooLarge"),
        (make_call(streamed(b"<a/>")[:-4], [("x-amz-decoded-content-length", "4")], mode=UNSIGNED), "IncompleteBody"),
    ]
    for call, code in cases:
        with pytest.raises(S3Error) as refusal:
            await intake.document(call, limit=100)
        assert refusal.value.code == code


async def test_documents_show_the_expected_md5_as_sent(intake, make_call):
    with pytest.raises(S3Error) as refusal:
        await intake.document(make_call(b"<a/>", [("content-md5", encode(bytes(16)))]), limit=100)
    assert refusal.value.fields["ExpectedDigest"] == encode(bytes(16))


async def test_documents_that_need_a_digest(intake, make_call):
    with pytest.raises(S3Error) as refusal:
        await intake.document(make_call(b"<a/>"), limit=100, requires_digest=True)
    assert refusal.value.message == "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
    for headers in ([("content-md5", encode(hashlib.md5(b"<a/>").digest()))], [(CRC, crc32(b"<a/>"))]):
        assert await intake.document(make_call(b"<a/>", headers), limit=100, requires_digest=True) == b"<a/>"


async def test_a_checksum_of_something_else_is_ignored(intake, make_call):
    call = make_call(b"<a/>", [(CRC, "AAAAAA==")])
    assert await intake.document(call, limit=100, ignores_checksum=True) == b"<a/>"


async def test_bytes_from_elsewhere(intake, content, blob_files):
    async def pieces(fails=False):
        yield b"abc"
        yield LARGE
        if fails:
            raise S3Error("MalformedPOSTRequest")

    body = await intake.store(pieces(), length=None, algorithms=frozenset({"SHA1"}))
    assert body.checksum.value == hashlib.sha1(b"abc" + LARGE).digest()
    assert await content(body) == b"abc" + LARGE
    await body.discard()
    with pytest.raises(S3Error):
        await intake.store(pieces(fails=True), length=None)
    assert blob_files() == []


def test_demands_may_be_read_ahead(make_call):
    assert demands_of(make_call(SMALL, [(CRC, crc32(SMALL))])).algorithm == "CRC32"
