"""What the use-case tests share: calls with bodies, stores in a temporary directory, a signer of chunks, and a whole
object store on a memory index."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import msgspec
import pytest

from photoncloud.backends.auth.iam.chunk_signature import ChunkSignatureChain
from photoncloud.backends.auth.iam.principal import Principal, PrincipalKind
from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.lightningstor.adapters.blobs_filesystem import FilesystemBlobs
from photoncloud.lightningstor.adapters.cipher_aesgcm import AesGcmCipher
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex
from photoncloud.lightningstor.core import key_space, plan_copy, record_codec, version_id
from photoncloud.lightningstor.core.http_message import FileSlice, Request
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.body_digests import BodyDigests
from photoncloud.lightningstor.service.body_intake import BodyIntake
from photoncloud.lightningstor.service.body_keys import BodyKeys
from photoncloud.lightningstor.service.body_output import BodyOutput
from photoncloud.lightningstor.service.body_sink import BodyStores
from photoncloud.lightningstor.service.bucket_directory import Bucket, Document
from photoncloud.lightningstor.service.call import Call, Payload, Source
from photoncloud.lightningstor.service.collaborators import Collaborators, NoExpiry
from photoncloud.lightningstor.service.collector import Collector
from photoncloud.lightningstor.service.commits import Commits
from photoncloud.lightningstor.service.copies import Copies
from photoncloud.lightningstor.service.head_cache import HeadCache
from photoncloud.lightningstor.service.key_batches import KeyBatches
from photoncloud.lightningstor.service.listings import Listings
from photoncloud.lightningstor.service.multi_delete import MultiDelete
from photoncloud.lightningstor.service.multipart import Multipart
from photoncloud.lightningstor.service.object_reads import ObjectReads
from photoncloud.lightningstor.service.object_settings import ObjectSettings
from photoncloud.lightningstor.service.objects import Objects
from photoncloud.lightningstor.service.part_uploads import PartUploads
from photoncloud.lightningstor.service.upload_rows import UploadRows
from photoncloud.lightningstor.service.usage import UsageLedger
from photoncloud.lightningstor.service.version_reader import VersionReader

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
    request = SimpleNamespace(
        access_key_id="AK", timestamp=TIMESTAMP, scope=SCOPE, signature=SEED.encode(), canonical_request=b"PUT"
    )
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


class SteppingClock:
    """A wall clock that tests move; every look at it is a millisecond later."""

    def __init__(self):
        self.ns = 1_764_000_000_000_000_000

    def now_ns(self):
        self.ns += 1_000_000
        return self.ns

    def monotonic_ns(self):
        return self.ns

    async def sleep(self, seconds):
        self.ns += int(seconds * 1_000_000_000)
        await asyncio.sleep(0)


class Rights:
    """An authoriser that allows everything but what `denied` names."""

    def __init__(self):
        self.denied = set()
        self.asked = []

    async def allows(self, call, action, key=b"", version_id=""):
        self.asked.append((action, key, version_id))
        return action not in self.denied and (action, key) not in self.denied


class ObjectWorld:
    """All object use cases on a memory index and real blobs, driven by calls as the pipeline would make them."""

    def __init__(self, stores, index, clock, rights):
        self.index, self.clock, self.rights, self.stores = index, clock, rights, stores
        self.cache = HeadCache(1 << 20)
        self.reader = VersionReader(index, self.cache)
        self.usage = UsageLedger(index)
        self.commits = Commits(index, self.cache, self.reader, self.usage, clock.now_ns, os.urandom)
        output = BodyOutput(index, stores.blobs, stores.cipher, stores.hashes)
        self.around = Collaborators(
            index=index,
            reader=self.reader,
            commits=self.commits,
            intake=BodyIntake(stores),
            output=output,
            stores=stores,
            keys=BodyKeys(stores.cipher),
            access=rights,
            find_email=lambda address: None,
            find_id=lambda canonical_id: "somebody",
            outbox=self,
            expiry=NoExpiry(),
        )
        self.objects = Objects(self.around)
        uploads = UploadRows(index, self.commits)
        digests = BodyDigests(index, output, stores.hashes)
        self.multipart = Multipart(self.around, uploads)
        self.listings = Listings(index, self.reader, b"t" * 32)
        batches = KeyBatches(index, self.cache, self.reader, self.commits)
        self.handlers = {}
        for part in (
            self.objects,
            ObjectReads(self.around),
            MultiDelete(self.around, self.objects, batches),
            self.listings,
            Copies(self.around, digests),
            self.multipart,
            PartUploads(self.around, uploads, digests),
            ObjectSettings(self.around),
        ):
            self.handlers.update(part.handlers())
        self.collector = Collector(index, stores.blobs, clock)
        self.events = []
        self.requests = itertools.count(1)

    def rows(self, call, event, key, record, sequence):
        self.events.append((event, key, record.version_tail, sequence))
        return (Put(key_space.outbox(sequence, os.urandom(4)), event.encode()),)

    async def bucket(self, name="bucket", *, documents=None, **fields):
        """A new bucket as the directory would hand it out."""
        record = BucketRecord(
            name=name,
            id=hashlib.sha256(name.encode()).digest()[:8],
            owner=OWNER,
            owner_name="owner",
            account_id="000000000001",
            region="us-east-1",
            created_ms=0,
            **fields,
        )
        row, lives = key_space.bucket(name), key_space.lives(record.id)
        changes = (Put(row, record_codec.encode(record)), Put(lives, b"\1"))
        revision = await self.index.commit(Transaction((), changes))
        found = {kind: Document(content, 1) for kind, content in (documents or {}).items()}
        return Bucket(record, revision, revision, found)

    async def changed(self, bucket, **fields):
        """The bucket with other settings, as a later request sees it."""
        record = msgspec.structs.replace(bucket.record, **fields)
        row, lives = key_space.bucket(record.name), key_space.lives(record.id)
        changes = (Put(row, record_codec.encode(record)), Put(lives, b"\1"))
        revision = await self.index.commit(Transaction((), changes))
        return Bucket(record, revision, revision, bucket.documents)

    async def call(self, operation, bucket, key="", body=b"", headers=(), source=None, principal=None, **query):
        """Run one operation; parameters of the query as keyword arguments (`_` for `-`)."""
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in dict(headers).items()]
        pairs.append((b"content-length", str(len(body)).encode()))
        request = Request(
            method="PUT",
            target=b"/",
            headers=tuple(pairs),
            fields=dict(pairs),
            body=LentBody([body[at : at + (1 << 18)] for at in range(0, len(body), 1 << 18)], len(body)),
            peer="127.0.0.1",
            secure=True,
            request_id=f"{next(self.requests):016d}",
            received_ns=self.clock.ns,
        )
        call = Call(
            request,
            operation,
            SimpleNamespace(principal=principal or ROOT, reason=""),
            bucket.record.name,
            key if isinstance(key, bytes) else key.encode(),
            {name.replace("_", "-"): str(value) for name, value in query.items()},
            bucket,
            Payload("unsigned"),
            self.clock.now_ns(),
        )
        if source is not None:
            source_bucket, source_key, version = (*source, "")[:3]
            place = key_space.place(source_bucket.record.id, source_key.encode())
            found = await self.reader.find(place, version_id.parse(version) if version else None)
            record = plan_copy.check_source(found and found.record, source_key.encode(), version)
            call.source = Source(source_bucket, source_key.encode(), version, record, found.revision, found.row_key)
        return await self.handlers[operation](call)

    async def refused(self, *args, **kwargs):
        """The S3Error an operation is refused with."""
        with pytest.raises(S3Error) as caught:
            await self.call(*args, **kwargs)
        return caught.value

    async def put(self, bucket, key, body=b"", **headers):
        """PutObject; header names with `_` for `-`. The version id of the reply, or None."""
        reply = await self.call(
            "PutObject", bucket, key, body, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        return header(reply, "x-amz-version-id")

    async def get(self, bucket, key, **query):
        """The bytes of GetObject."""
        return await read(await self.call("GetObject", bucket, key, **query))

    async def families(self):
        """How many rows each family has."""
        counts = Counter()
        cursor = await self.index.cursor(b"a", b"z")
        while rows := await cursor.take(500):
            counts.update(row.key[:2].decode("latin-1") if row.key[:1] == b"u" else chr(row.key[0]) for row in rows)
        cursor.close()
        return counts

    async def collect(self):
        """Let the grace period pass and the collector finish."""
        self.clock.ns += 2 * 900 * 1_000_000_000
        await self.collector.collect()
        self.clock.ns += 2 * 900 * 1_000_000_000
        return await self.collector.collect()


OWNER = "a" * 64
ROOT = Principal(PrincipalKind.ROOT, "000000000001", "default", "arn:aws:iam::000000000001:root", OWNER, "owner")


def header(reply, name):
    """A field of a reply as text, or None."""
    values = [value.decode("latin-1") for field, value in reply.headers if field.decode().lower() == name.lower()]
    return values[0] if values else None


async def read(reply):
    """The whole body of a reply; file slices are read from their descriptors."""
    if isinstance(reply.body, bytes):
        return reply.body
    pieces = []
    async for piece in reply.body:
        pieces.append(
            os.pread(piece.fileno, piece.length, piece.offset) if isinstance(piece, FileSlice) else bytes(piece)
        )
    await reply.body.aclose()
    return b"".join(pieces)


@pytest.fixture
def reply_header():
    return header


@pytest.fixture
def read_reply():
    return read


@pytest.fixture
async def world(stores):
    store = MemoryMetadata(kept_revisions=100)
    yield ObjectWorld(stores, LocalIndex(store), SteppingClock(), Rights())
    await store.close()


@pytest.fixture
def customer_headers():
    """The SSE-C fields of a key; `source` for a copy source."""

    def customer_headers(key, *, source=False):
        prefix = "x-amz-copy-source-" if source else "x-amz-"
        prefix += "server-side-encryption-customer-"
        md5 = base64.b64encode(hashlib.md5(key).digest()).decode()
        return {
            prefix + "algorithm": "AES256",
            prefix + "key": base64.b64encode(key).decode(),
            prefix + "key-md5": md5,
        }

    return customer_headers


@pytest.fixture
def object_world():
    """Makes worlds on given stores and index."""
    return lambda stores, index: ObjectWorld(stores, index, SteppingClock(), Rights())
