"""The blob store under SIGKILL and under load: what was published is there and exact, nothing half-made is visible."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from photoncloud.lightningstor.adapters.blobs_filesystem import FilesystemBlobs
from photoncloud.lightningstor.core.blob_footer import CHUNK_BYTES

WRITER = """
import asyncio, hashlib, os, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from photoncloud.lightningstor.adapters.blobs_filesystem import FilesystemBlobs

async def one(store, size):
    data = os.urandom(size)
    writer = await store.create(length=size)
    for at in range(0, size, 50_000):
        await writer.write([data[at : at + 50_000]])
    await writer.publish()
    print(writer.id.hex(), hashlib.sha256(data).hexdigest(), flush=True)

async def main():
    with ThreadPoolExecutor(4) as executor:
        store = FilesystemBlobs(Path(sys.argv[1]), executor, monotonic=time.monotonic)
        store._has_unnamed_files = store._has_unnamed_files and sys.argv[2] == "unnamed"
        while True:
            await asyncio.gather(*(one(store, size) for size in (10, 70_000, 1_100_000, 300_000)))

asyncio.run(main())
"""


async def read_all(store, blob):
    reader = await store.open(blob)
    try:
        step = CHUNK_BYTES
        return b"".join([await reader.read(at, min(step, reader.size - at)) for at in range(0, reader.size, step)])
    finally:
        reader.close()


def killed_writer(data_dir: Path, kind: str, after_blobs: int) -> list[tuple[bytes, str]]:
    """What a writer acknowledged before it was killed in the middle of its work."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(data_dir), kind], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    acknowledged = []
    try:
        for line in process.stdout:
            acknowledged.append(line)
            if len(acknowledged) == after_blobs:
                process.kill()
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
    whole = [line.split() for line in acknowledged if line.endswith("\n")]
    return [(bytes.fromhex(blob), digest) for blob, digest in whole]


@pytest.mark.parametrize("kind", ["unnamed", "incoming"])
async def test_acknowledged_blobs_survive_kills(tmp_path, kind):
    acknowledged = []
    for after in (1, 7, 30, 13):
        acknowledged += killed_writer(tmp_path, kind, after)
        with ThreadPoolExecutor(2) as executor:
            store = FilesystemBlobs(tmp_path, executor, monotonic=time.monotonic)
            assert os.listdir(tmp_path / "incoming") == []
            for blob, digest in acknowledged:
                assert hashlib.sha256(await read_all(store, blob)).hexdigest() == digest
            async for blob, _, _ in store.list():
                await store.verify(blob)  # a blob with a name is whole, acknowledged or not
            assert store.faults() == ()
            store.close()
    assert len(acknowledged) > 50


async def test_writers_readers_and_deletes_at_once(tmp_path):
    """Random work by many tasks against a model in memory."""
    chance = random.Random(7)
    model: dict[bytes, bytes] = {}

    async def work(store):
        for _ in range(25):
            action = chance.random()
            if action < 0.5 or not model:
                data = chance.randbytes(chance.choice([0, 100, 70_000, CHUNK_BYTES, CHUNK_BYTES + 5]))
                writer = await store.create(length=len(data) if chance.random() < 0.5 else None)
                await writer.write([data[: len(data) // 2], data[len(data) // 2 :]])
                if chance.random() < 0.2:
                    await writer.discard()
                    continue
                await writer.publish()
                model[writer.id] = data
            elif action < 0.85:
                blob = chance.choice(list(model))
                data = model[blob]
                offset = chance.randint(0, len(data))
                length = chance.randint(0, min(len(data) - offset, CHUNK_BYTES))
                reader = await store.open(blob)
                assert await reader.read(offset, length) == data[offset : offset + length]
                reader.close()
            else:
                blob = chance.choice(list(model))
                del model[blob]
                await store.delete(blob)

    with ThreadPoolExecutor(4) as executor:
        store = FilesystemBlobs(tmp_path, executor, monotonic=time.monotonic)
        workers = [asyncio.ensure_future(work(store)) for _ in range(12)]
        done = await asyncio.gather(*workers, return_exceptions=True)
        # a blob may be deleted by one task between another's choice and its open: that is the caller's order to keep
        assert [repr(result) for result in done if result is not None and "missing" not in str(result)] == []
        assert {entry[0] async for entry in store.list()} == set(model)
        for blob, data in model.items():
            assert await read_all(store, blob) == data
        store.close()
