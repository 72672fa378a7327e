"""Digests in order whatever the batch size, and that large batches leave the event loop."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from photoncloud.lightningstor.adapters.hash_functions import DIGEST
from photoncloud.lightningstor.adapters.hash_pool import INLINE_BYTES, ThreadHashPool
from photoncloud.lightningstor.core.checksum import ALGORITHMS

ALL = frozenset(ALGORITHMS)
LARGE = bytes(range(256)) * (INLINE_BYTES // 128)


class CountingExecutor(ThreadPoolExecutor):
    jobs = 0

    def submit(self, *args, **kwargs):
        self.jobs += 1
        return super().submit(*args, **kwargs)


@pytest.fixture
def executor():
    with CountingExecutor(3) as executor:
        yield executor


async def test_all_algorithms_over_small_and_large_batches(executor):
    digester = ThreadHashPool(executor).digester(ALL)
    batches = [[b"abc", b""], [LARGE, memoryview(LARGE)[5:]], [b"tail"], []]
    for batch in batches:
        await digester.update(batch)
    whole = b"".join(bytes(piece) for batch in batches for piece in batch)
    assert digester.finish() == {name: DIGEST[name](whole) for name in ALL}


async def test_small_batches_use_no_thread(executor):
    digester = ThreadHashPool(executor).digester(ALL)
    await digester.update([bytes(INLINE_BYTES)])
    assert executor.jobs == 0


async def test_each_slow_hash_of_a_large_batch_has_its_own_job(executor):
    digester = ThreadHashPool(executor).digester(frozenset({"MD5", "SHA256", "CRC64NVME"}))
    await digester.update([LARGE])
    assert executor.jobs == 2


async def test_work_begins_at_the_call_and_may_stay_unawaited(executor):
    digester = ThreadHashPool(executor).digester(frozenset({"CRC32", "MD5"}))
    digester.update([b"123456789"])
    assert digester.finish()["CRC32"] == bytes.fromhex("cbf43926")


async def test_chunk_digests_end_where_chunks_end(executor):
    chunks = ThreadHashPool(executor).chunk_digester()
    assert await chunks.update([b"ab"]) == []
    assert await chunks.update([b"c", None, b"d", None, None]) == [
        hashlib.sha256(b"abc").digest(),
        hashlib.sha256(b"d").digest(),
        hashlib.sha256(b"").digest(),
    ]
    assert await chunks.update([LARGE, None]) == [hashlib.sha256(LARGE).digest()]
    assert executor.jobs == 1


def test_small_bodies_and_combination(executor):
    pool = ThreadHashPool(executor)
    assert pool.digest_now(ALL, b"x") == {name: DIGEST[name](b"x") for name in ALL}
    parts = [(DIGEST["CRC64NVME"](piece), len(piece)) for piece in (b"12345", b"6789")]
    assert pool.combine("CRC64NVME", parts) == DIGEST["CRC64NVME"](b"123456789")
