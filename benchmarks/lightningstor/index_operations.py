"""What the object use cases cost without HTTP: `python -m benchmarks.lightningstor.index_operations [--keys N]`.

Get and put of 4 KiB, a listing of 1,000 keys at a random position, a listing by delimiter, DeleteObjects of 1,000 keys,
on a real RocksDB index in a temporary directory. Prints microseconds of wall time and of the loop thread's CPU for each
operation; nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import uvloop

from photoncloud.backends.auth.iam.principal import Principal, PrincipalKind
from photoncloud.backends.metadata.rocksdb import open_rocksdb
from photoncloud.lightningstor.adapters.blobs_filesystem import FilesystemBlobs
from photoncloud.lightningstor.adapters.cipher_aesgcm import AesGcmCipher
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex, rocksdb_families
from photoncloud.lightningstor.adapters.random_pool import RandomPool
from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.core.records import Body, BucketRecord, Checksum, ObjectRecord
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.service.body_intake import BodyIntake
from photoncloud.lightningstor.service.body_keys import BodyKeys
from photoncloud.lightningstor.service.body_output import BodyOutput
from photoncloud.lightningstor.service.body_sink import BodyStores
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call, Payload
from photoncloud.lightningstor.service.collaborators import Collaborators, NoExpiry, NoOutbox
from photoncloud.lightningstor.service.commits import Commits
from photoncloud.lightningstor.service.head_cache import HeadCache
from photoncloud.lightningstor.service.key_batches import KeyBatches
from photoncloud.lightningstor.service.listings import Listings
from photoncloud.lightningstor.service.multi_delete import MultiDelete
from photoncloud.lightningstor.service.object_reads import ObjectReads
from photoncloud.lightningstor.service.objects import Objects
from photoncloud.lightningstor.service.usage import UsageLedger
from photoncloud.lightningstor.service.version_reader import VersionReader

BODY = os.urandom(4096)
OWNER = "a" * 64
ROOT = Principal(PrincipalKind.ROOT, "000000000001", "default", "arn:aws:iam::000000000001:root", OWNER, "owner")
WRITERS = 32
FILL_BATCH = 100
Operation = Callable[[int], Awaitable[Any]]


class _Body:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    async def read(self) -> bytes:
        data, self._data = self._data, b""
        return data

    async def read_all(self, limit: int) -> bytes:
        return await self.read()


class _Everything:
    async def allows(self, call: Call, action: str, key: bytes = b"", version_id: str = "") -> bool:
        return True


class Store:
    """The use cases on one index and one bucket."""

    def __init__(self, index: LocalIndex, stores: BodyStores, bucket: Bucket) -> None:
        self.index, self.bucket = index, bucket
        cache = HeadCache(64 << 20)
        reader = VersionReader(index, cache)
        commits = Commits(index, cache, reader, UsageLedger(index), time.time_ns, RandomPool(os.urandom))
        around = Collaborators(
            index=index,
            reader=reader,
            commits=commits,
            intake=BodyIntake(stores),
            output=BodyOutput(index, stores.blobs, stores.cipher, stores.hashes),
            stores=stores,
            keys=BodyKeys(stores.cipher),
            access=_Everything(),
            find_email=lambda address: None,
            find_id=lambda canonical_id: None,
            outbox=NoOutbox(),
            expiry=NoExpiry(),
        )
        self.objects = Objects(around)
        self.reads = ObjectReads(around)
        self.listings = Listings(index, reader, b"t" * 32)
        self.deletes = MultiDelete(around, self.objects, KeyBatches(index, cache, reader, commits))

    def call(self, key: bytes = b"", body: bytes = b"", headers: dict[str, str] | None = None, **query: str) -> Call:
        fields = {name.encode(): value.encode() for name, value in (headers or {}).items()}
        fields[b"content-length"] = str(len(body)).encode()
        request = Request(
            "PUT", b"/", tuple(fields.items()), fields, _Body(body), "127.0.0.1", False, "0" * 16, time.time_ns()
        )
        proof: Any = SimpleNamespace(principal=ROOT, reason="")
        query = {name.replace("_", "-"): value for name, value in query.items()}
        return Call(request, "", proof, "bucket", key, query, self.bucket, Payload("unsigned"), time.time_ns())


async def fill(store: Store, count: int) -> None:
    """Heads as puts would leave them, without bodies: only listings look at these keys."""
    record = ObjectRecord(
        sequence=1,
        version_tail=b"",
        size=4096,
        etag="0" * 32,
        mtime_ms=1,
        body=Body("inline", bytes(16)),
        checksum=Checksum("CRC64NVME", "FULL_OBJECT", bytes(8)),
        crc64nvme=bytes(8),
        headers={"content-type": "binary/octet-stream"},
        owner=OWNER,
        owner_name="owner",
        request_id="0" * 16,
    )
    pending: set[asyncio.Task[int]] = set()
    for first in range(0, count, FILL_BATCH):
        changes = []
        for number in range(first, min(first + FILL_BATCH, count)):
            key = b"d%d/%08d" % (number * 10 // count, number)
            value = record_codec.encode(msgspec.structs.replace(record, sequence=number))
            changes.append(Put(key_space.current(key_space.place(store.bucket.record.id, key)), value))
        pending.add(asyncio.ensure_future(store.index.commit(Transaction((), tuple(changes)))))
        if len(pending) >= WRITERS:
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*pending)


async def timed(name: str, count: int, writers: int, operation: Operation) -> dict[str, Any]:
    async def worker(first: int) -> None:
        for number in range(first, count, writers):
            await operation(number)

    began, cpu = time.perf_counter(), time.thread_time()
    await asyncio.gather(*(worker(first) for first in range(writers)))
    wall, used = time.perf_counter() - began, time.thread_time() - cpu
    figures = {"operation": name, "wall_us": wall / count * 1e6, "loop_cpu_us": used / count * 1e6}
    print(f"{name:<44} {figures['wall_us']:>10.1f} us wall {figures['loop_cpu_us']:>10.1f} us loop CPU", flush=True)
    return figures


async def measure(directory: Path, keys: int) -> list[dict[str, Any]]:
    threads = ThreadPoolExecutor(4)
    engine = await open_rocksdb(directory / "meta", families=rocksdb_families(), reserve_bytes=0)
    index = LocalIndex(engine)
    blobs = FilesystemBlobs(directory / "data", threads, monotonic=time.monotonic)
    stores = BodyStores(
        ThreadHashPool(threads), blobs, AesGcmCipher(bytes(range(32)), os.urandom), RandomPool(os.urandom), 65536
    )
    record = BucketRecord(
        name="bucket", id=b"bucketid", owner=OWNER, owner_name="", account_id="", region="", created_ms=0
    )
    lives = await index.commit(Transaction((), (Put(key_space.lives(record.id), b"\1"),)))
    store = Store(index, stores, Bucket(record, lives, lives, {}))
    try:
        return await _all(store, keys)
    finally:
        await engine.close()
        blobs.close()
        threads.shutdown()


async def _all(store: Store, keys: int) -> list[dict[str, Any]]:
    choose = random.Random(1)

    async def put(number: int) -> None:
        await store.objects.put_object(store.call(b"object%06d" % number, BODY))

    async def get(number: int) -> None:
        await store.reads.get_object(store.call(b"object%06d" % (number % 10_000)))

    async def list_page(number: int) -> None:
        start = choose.randrange(keys)
        await store.listings.list_objects_v2(
            store.call(start_after=f"d{start * 10 // keys}/{start:08d}", list_type="2", prefix="d")
        )

    async def list_folders(number: int) -> None:
        await store.listings.list_objects_v2(store.call(delimiter="/", list_type="2", prefix="d"))

    async def delete_many(number: int) -> None:
        inside = b"".join(b"<Object><Key>object%06d</Key></Object>" % (number * 1000 + at) for at in range(1000))
        body = b"<Delete><Quiet>true</Quiet>%b</Delete>" % inside
        digest = base64.b64encode(hashlib.md5(body).digest()).decode()
        await store.deletes.delete_objects(store.call(b"", body, {"content-md5": digest}))

    results = [await timed("put 4 KiB, new keys, 32 writers", 10_000, WRITERS, put)]
    results.append(await timed("put 4 KiB, overwriting, 32 writers", 10_000, WRITERS, put))
    results.append(await timed("get 4 KiB", 20_000, 1, get))
    await fill(store, keys)
    results.append(await timed(f"list 1,000 of {keys} at a random position", 50, 1, list_page))
    results.append(await timed(f"list by delimiter over {keys} in 10 prefixes", 50, 1, list_folders))
    results.append(await timed("delete 1,000 in one request", 10, 1, delete_many))
    return results


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.lightningstor.index_operations", description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    sys.setswitchinterval(0.0005)
    with tempfile.TemporaryDirectory(dir=Path.cwd() / ".cache") as directory:
        results = uvloop.run(measure(Path(directory), options.keys))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
