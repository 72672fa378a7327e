"""Reading blobs: exact ranges, every chunk verified before it is given out, damage goes to quarantine."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoncloud.lightningstor.adapters.blobs_filesystem import reader as module
from photoncloud.lightningstor.adapters.blobs_filesystem.open_blobs import VERIFIED_SEC
from photoncloud.lightningstor.core.blob_footer import CHUNK_BYTES
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.testkit.disk import flip, tear

SIZE = 3 * CHUNK_BYTES + 1234
DATA = os.urandom(SIZE)


@pytest.fixture
async def blob(store, put):
    return await put(store, DATA)


async def sliced(reader, offset, length):
    got = b""
    async for run in reader.slices(offset, length):
        got += os.pread(run.fileno, run.length, run.offset)
    return got


RANGES = [(0, SIZE), (0, 1), (SIZE - 1, 1), (CHUNK_BYTES - 1, 2), (5, 2 * CHUNK_BYTES), (7, 0), (SIZE, 0)]


@pytest.mark.parametrize(("offset", "length"), RANGES)
@pytest.mark.parametrize("verify", ["cached", "always", "off"])
async def test_ranges(make_store, store, blob, verify, offset, length):
    reader = await make_store(verify_reads=verify).open(blob)
    assert reader.size == SIZE
    assert await sliced(reader, offset, length) == DATA[offset : offset + length]
    assert await reader.read(offset, length) == DATA[offset : offset + length]
    reader.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(bounds=st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)))
async def test_any_range(store, blob, bounds):
    offset, end = min(bounds), max(bounds)
    reader = await store.open(blob)
    assert await sliced(reader, offset, end - offset) == DATA[offset:end]
    reader.close()


@pytest.mark.parametrize(("offset", "length"), [(SIZE, 1), (0, SIZE + 1), (-1, 1), (0, -1)])
async def test_ranges_outside_are_damage_of_the_caller(store, blob, offset, length):
    reader = await store.open(blob)
    with pytest.raises(StoreDamaged):
        await reader.read(offset, length)
    reader.close()
    assert store.faults() == ()


async def test_verified_chunks_join_into_long_slices(store, blob):
    reader = await store.open(blob)
    assert len([run async for run in reader.slices(0, SIZE)]) == 4
    assert len([run async for run in reader.slices(0, SIZE)]) == 1
    reader.close()


async def test_slices_are_bounded(store, put):
    blob = await put(store, bytes(module.MAX_SLICE_BYTES + 2 * CHUNK_BYTES))
    reader = await store.open(blob)
    [run async for run in reader.slices(0, reader.size)]
    assert [run.length async for run in reader.slices(0, reader.size)] == [module.MAX_SLICE_BYTES, 2 * CHUNK_BYTES]
    reader.close()


@pytest.mark.parametrize("verify", ["cached", "always"])
async def test_a_flipped_bit_is_never_given_out(make_store, store, blob, verify, tmp_path):
    flip(store.path(blob), CHUNK_BYTES + 5)
    store = make_store(verify_reads=verify)
    reader = await store.open(blob)
    assert await reader.read(0, 100) == DATA[:100], "other chunks are fine"
    with pytest.raises(StoreDamaged, match="chunk 1 is not what was written"):
        await reader.read(CHUNK_BYTES + 100, 1)
    reader.close()
    assert (tmp_path / "data" / "quarantine" / blob.hex()).exists()
    assert "chunk 1" in store.faults()[0]
    with pytest.raises(StoreDamaged, match="quarantine"):
        await store.open(blob)


async def test_damage_in_the_middle_stops_the_slices(store, blob):
    flip(store.path(blob), 2 * CHUNK_BYTES)
    reader = await store.open(blob)
    got = []

    async def collect():
        async for run in reader.slices(0, SIZE):
            got.append((run.offset, run.length))

    with pytest.raises(StoreDamaged):
        await collect()
    assert got == [(0, CHUNK_BYTES), (CHUNK_BYTES, CHUNK_BYTES)]
    reader.close()


async def test_a_file_changed_after_it_was_verified_is_verified_again(store, blob):
    reader = await store.open(blob)
    await reader.read(0, SIZE)
    reader.close()
    flip(store.path(blob), 0)
    reader = await store.open(blob)
    with pytest.raises(StoreDamaged):
        await reader.read(0, 1)
    reader.close()


async def test_verification_is_repeated_after_a_while(store, blob, clock, monkeypatch):
    hashed = []
    real = module.chunk_digest
    monkeypatch.setattr(module, "chunk_digest", lambda data: hashed.append(len(data)) or real(data))
    for _ in range(2):
        reader = await store.open(blob)
        await reader.read(0, 10)
        reader.close()
    assert hashed == [CHUNK_BYTES]
    clock.now += VERIFIED_SEC
    reader = await store.open(blob)
    await reader.read(0, 10)
    reader.close()
    assert len(hashed) == 2


@pytest.mark.parametrize("verify", ["always", "off"])
async def test_always_hashes_each_time_and_off_never(make_store, store, blob, monkeypatch, verify):
    hashed = []
    real = module.chunk_digest
    monkeypatch.setattr(module, "chunk_digest", lambda data: hashed.append(len(data)) or real(data))
    reader = await make_store(verify_reads=verify).open(blob)
    await reader.read(0, 10)
    await reader.read(0, 10)
    reader.close()
    assert len(hashed) == (2 if verify == "always" else 0)


async def test_a_truncated_file_is_noticed_at_open(store, blob, tmp_path):
    tear(store.path(blob), 100)
    with pytest.raises(StoreDamaged):
        await store.open(blob)
    assert (tmp_path / "data" / "quarantine" / blob.hex()).exists()


async def test_a_file_cut_while_it_is_open_is_noticed(store, blob):
    reader = await store.open(blob)
    os.truncate(store.path(blob), CHUNK_BYTES)
    with pytest.raises(StoreDamaged, match="file ends"):
        await reader.read(2 * CHUNK_BYTES, 1)
    reader.close()


async def test_an_io_error_is_damage(store, blob, monkeypatch):
    def broken(*args):
        raise OSError(5, "Input/output error")

    reader = await store.open(blob)
    monkeypatch.setattr(module, "pread_all", broken)
    with pytest.raises(StoreDamaged, match="Input/output error"):
        await reader.read(0, 1)
    reader.close()


async def test_hot_blobs_are_opened_once(store, blob, open_descriptors):
    (await store.open(blob)).close()
    before = open_descriptors()
    readers = [await store.open(blob) for _ in range(10)]
    assert open_descriptors() == before
    for reader in readers:
        reader.close()
        reader.close()


async def test_small_reads_of_cached_pages_use_no_thread(store, blob, monkeypatch):
    reader = await store.open(blob)
    await reader.read(0, 1)
    monkeypatch.setattr(module, "pread_all", lambda *args: pytest.fail("a thread was used"))
    assert await reader.read(10, 1000) == DATA[10:1010]
    reader.close()
