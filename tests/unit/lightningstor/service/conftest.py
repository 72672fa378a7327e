"""Calls with bodies, stores in a temporary directory, and a signer of chunks: what the payload tests share."""

import hashlib
import hmac
import itertools
import os
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from photoncloud.backends.auth.iam.chunk_signature import ChunkSignatureChain
from photoncloud.lightningstor.adapters.blobs_filesystem import FilesystemBlobs
from photoncloud.lightningstor.adapters.cipher_aesgcm import AesGcmCipher
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.body_sink import BodyStores
from photoncloud.lightningstor.service.call import Call, Payload

INLINE_MAX = 1000
"""Small, so that a few kilobytes already are a blob."""
SEED = "5" * 64
SIGNING_KEY = b"k" * 32
TIMESTAMP, SCOPE = "20251125T000000Z", "20251125/us-east-1/s3/aws4_request"


class LentBody:
    """A body that hands out one buffer again and again, and spoils it at the next call, as a connection may."""

    def __init__(self, pieces, length):
        self._pieces = [bytes(piece) for piece in pieces if piece]
        self.length = length
        self._lent = bytearray()
        self.reads = 0

    async def read(self):
        self.reads += 1
        self._lent[:] = b"\xee" * len(self._lent)
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        self._lent = bytearray(piece)
        return memoryview(self._lent)

    async def read_all(self, limit):
        raise AssertionError("the intake reads piece by piece")


class VanishingBody(LentBody):
    """The client closes the connection after the given pieces."""

    async def read(self):
        if not self._pieces:
            raise S3Error("IncompleteBody")
        return await super().read()


class Signer:
    """Signs chunks and trailers as a client does."""

    def __init__(self):
        self.previous = SEED

    def _sign(self, kind, *parts):
        text = "\n".join([kind, TIMESTAMP, SCOPE, self.previous, *parts])
        self.previous = hmac.new(SIGNING_KEY, text.encode(), hashlib.sha256).hexdigest()
        return self.previous

    def chunk(self, data):
        empty = hashlib.sha256(b"").hexdigest()
        signature = self._sign("AWS4-HMAC-SHA256-PAYLOAD", empty, hashlib.sha256(data).hexdigest())
        return b"%x;chunk-signature=%s\r\n%s" % (len(data), signature.encode(), data + b"\r\n" if data else b"")

    def trailer(self, name, value):
        canonical = hashlib.sha256(f"{name}:{value}\n".encode()).hexdigest()
        signature = self._sign("AWS4-HMAC-SHA256-TRAILER", canonical)
        return f"{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


@pytest.fixture
def signer():
    return Signer()


@pytest.fixture
def new_signer():
    return Signer


@pytest.fixture
def vanishing_body():
    return VanishingBody


def chain():
    request = SimpleNamespace(access_key_id="AK", timestamp=TIMESTAMP, scope=SCOPE, signature=SEED.encode())
    return ChunkSignatureChain(request, SIGNING_KEY)


@pytest.fixture
def make_call():
    """A call with a body. `split` cuts the body into pieces of that size."""

    def make_call(
        body=b"",
        headers=(),
        *,
        mode="unsigned",
        sha=None,
        split=1 << 18,
        pieces=None,
        body_class=LentBody,
        key=b"key",
        bucket=None,
        is_secure=True,
        content_length=True,
    ):
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        if content_length:
            pairs.append((b"content-length", str(len(body)).encode()))
        fields = {}
        for name, value in pairs:
            fields.setdefault(name, value)
        if pieces is None:
            pieces = [body[at : at + split] for at in range(0, len(body), split)]
        payload = Payload(mode)
        if mode == "hash":
            text = hashlib.sha256(body).hexdigest() if sha is None else sha
            is_hex = len(text) == 64 and not text.startswith("STREAMING")
            payload = Payload("hash", bytes.fromhex(text) if is_hex else b"", text)
        elif mode in ("streaming-signed", "streaming-signed-trailer"):
            payload = Payload(mode, chunk_signatures=chain())
        request = Request(
            method="PUT",
            target=b"/bucket/key",
            headers=tuple(pairs),
            fields=fields,
            body=body_class(pieces, len(body) if content_length else None),
            peer="127.0.0.1",
            secure=is_secure,
            request_id="0123456789ABCDEF",
            received_ns=0,
            has_transfer_encoding=not content_length,
        )
        return Call(request, "PutObject", None, "bucket", key, {}, bucket, payload, 1_764_000_000_000_000_000)

    return make_call


@pytest.fixture
def executor():
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.fixture
def blobs(tmp_path, executor):
    blobs = FilesystemBlobs(tmp_path / "data", executor, monotonic=time.monotonic)
    yield blobs
    blobs.close()


@pytest.fixture
def cipher():
    return AesGcmCipher(bytes(range(32)), os.urandom)


@pytest.fixture
def stores(executor, blobs, cipher):
    counter = itertools.count(1)

    def distinct(count):
        return next(counter).to_bytes(count, "big")

    return BodyStores(ThreadHashPool(executor), blobs, cipher, distinct, INLINE_MAX)


@pytest.fixture
def blob_files(tmp_path):
    """Every file under the data directory: what a refused body must not leave."""

    def blob_files():
        return sorted(os.path.join(path, name) for path, _, names in os.walk(tmp_path / "data") for name in names)

    return blob_files


@pytest.fixture
def read_blob(blobs):
    async def read_blob(blob):
        reader = await blobs.open(blob)
        try:
            step = 1 << 20
            return b"".join([await reader.read(at, min(step, reader.size - at)) for at in range(0, reader.size, step)])
        finally:
            reader.close()

    return read_blob
