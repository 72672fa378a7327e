"""The store: what survives, what is refused, what a restart cleans up and what it keeps."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from photoncloud.lightningstor.adapters.blobs_filesystem import store as module
from photoncloud.lightningstor.adapters.blobs_filesystem.store import FREE_SAMPLE_SEC
from photoncloud.lightningstor.core.blob_footer import CHUNK_BYTES
from photoncloud.lightningstor.errors import OutOfSpace, StoreDamaged
from photoncloud.testkit.disk import can_mount, fill, flip, small_filesystem


async def read_all(store, blob):
    reader = await store.open(blob)
    try:
        return b"".join(
            [await reader.read(at, min(CHUNK_BYTES, reader.size - at)) for at in range(0, reader.size, CHUNK_BYTES)]
        )
    finally:
        reader.close()


async def test_a_blob_survives_a_restart(make_store, store, put):
    blob = await put(store, b"hello")
    assert await read_all(make_store(), blob) == b"hello"


async def test_directories_are_private(store, tmp_path):
    for directory in (tmp_path / "data", *(tmp_path / "data").iterdir()):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


async def test_a_missing_blob_is_damage_for_its_reader_but_no_fault_of_the_disk(store):
    with pytest.raises(StoreDamaged, match="missing"):
        await store.open(bytes(16))
    assert store.faults() == ()


@pytest.mark.parametrize("blob", [b"", bytes(15), bytes(17)])
async def test_no_blob_id(store, blob):
    with pytest.raises(StoreDamaged, match="no blob id"):
        await store.open(blob)


async def test_delete_is_idempotent(store, put, tmp_path, files):
    blob = await put(store, b"hello")
    await store.delete(blob)
    await store.delete(blob)
    assert files(tmp_path / "data") == []


async def test_a_reader_finishes_what_is_deleted_under_it(store, put):
    blob = await put(store, b"hello")
    reader = await store.open(blob)
    await store.delete(blob)
    assert await reader.read(0, 5) == b"hello"
    reader.close()
    with pytest.raises(StoreDamaged):
        await store.open(blob)


async def test_list_gives_every_blob(store, put, monkeypatch):
    monkeypatch.setattr("photoncloud.lightningstor.adapters.blobs_filesystem.directories.BLOBS_PER_DIRECTORY", 2)
    blobs = [await put(store, bytes(size)) for size in range(5)]
    (store.path(blobs[0]).parent / "stranger").touch()
    listed = [entry async for entry in store.list()]
    assert [entry[0] for entry in sorted(listed)] == sorted(blobs)
    assert {entry[0]: entry[1] for entry in listed}[blobs[4]] == store.path(blobs[4]).stat().st_size
    assert all(entry[2] == store.path(entry[0]).stat().st_mtime_ns for entry in listed)


async def test_verify_reads_everything(store, put):
    blob = await put(store, bytes(2 * CHUNK_BYTES + 5))
    paced = []

    async def pace(count):
        paced.append(count)

    await store.verify(blob, pace)
    assert paced == [CHUNK_BYTES, CHUNK_BYTES, 5]


@pytest.mark.parametrize("offset", [0, CHUNK_BYTES, 2 * CHUNK_BYTES + 4])
async def test_verify_does_not_believe_what_was_verified_before(store, put, offset, monkeypatch):
    blob = await put(store, bytes(2 * CHUNK_BYTES + 5))
    await read_all(store, blob)
    flip(store.path(blob), offset)
    with pytest.raises(StoreDamaged):
        await store.verify(blob)


@pytest.mark.parametrize("offset", [-1, -5, -12, -20, -30])
async def test_a_flipped_footer_is_damage(store, put, offset):
    blob = await put(store, b"hello")
    flip(store.path(blob), offset)
    with pytest.raises(StoreDamaged):
        await read_all(store, blob)


async def test_quarantine_is_kept_over_restarts_and_never_collected(make_store, store, put, tmp_path):
    blob = await put(store, b"hello")
    flip(store.path(blob), 0)
    with pytest.raises(StoreDamaged):
        await store.verify(blob)
    store = make_store()
    assert store.faults() == (f"blob {blob.hex()} is in quarantine",)
    await store.delete(blob)
    assert (tmp_path / "data" / "quarantine" / blob.hex()).exists()
    with pytest.raises(StoreDamaged, match="quarantine"):
        await store.open(blob)
    assert [entry async for entry in store.list()] == []


async def test_torn_temporary_files_are_cleared_at_start(make_store, store, tmp_path):
    (tmp_path / "data" / "incoming" / "torn").write_bytes(b"half")
    make_store()
    assert os.listdir(tmp_path / "data" / "incoming") == []


async def test_free_bytes_is_a_sample(store, clock, monkeypatch):
    calls = []
    real = os.statvfs
    monkeypatch.setattr(module.os, "statvfs", lambda path: calls.append(path) or real(path))
    first = store.free_bytes()
    store.free_bytes()
    assert len(calls) == 1
    assert first > 0
    clock.now += FREE_SAMPLE_SEC
    store.free_bytes()
    assert len(calls) == 2


async def test_min_free_bytes_refuses_new_blobs(make_store):
    store = make_store(min_free_bytes=1 << 60)
    with pytest.raises(OutOfSpace):
        await store.create(length=None)


async def test_a_blob_that_cannot_fit_is_refused_at_once(store):
    with pytest.raises(OutOfSpace):
        await store.create(length=1 << 60)


async def test_descriptors_do_not_leak(make_store, put, open_descriptors, tmp_path):
    before = open_descriptors()
    store = make_store(tmp_path / "other")
    for size in (0, 10, CHUNK_BYTES):
        await read_all(store, await put(store, bytes(size)))
    store.close()
    assert open_descriptors() <= before + 1  # the event loop may have opened one of its own


async def test_a_full_disk_refuses_and_recovers(tmp_path, clock, put):
    if not can_mount(tmp_path):
        pytest.skip("mounting is not allowed here")
    with small_filesystem(tmp_path / "disk", 8 << 20) as disk, ThreadPoolExecutor(2) as executor:
        store = module.FilesystemBlobs(disk / "data", executor, monotonic=clock)
        kept = await put(store, b"kept" * 1000)
        ballast = fill(disk, leave_bytes=1 << 20)
        writer = await store.create(length=None)
        with pytest.raises(OutOfSpace):
            await writer.write([bytes(256 * 1024)] * 64)
        await writer.discard()
        assert await read_all(store, kept) == b"kept" * 1000
        await store.delete(kept)
        ballast.unlink()
        clock.now += FREE_SAMPLE_SEC
        assert await read_all(store, await put(store, bytes(2 << 20))) == bytes(2 << 20)
        store.close()


async def test_reserved_room_fails_early_on_a_full_disk(tmp_path, clock):
    if not can_mount(tmp_path):
        pytest.skip("mounting is not allowed here")
    with small_filesystem(tmp_path / "disk", 16 << 20) as disk, ThreadPoolExecutor(2) as executor:
        store = module.FilesystemBlobs(disk / "data", executor, monotonic=clock)
        store.free_bytes()
        fill(disk, leave_bytes=2 << 20)
        writer = await store.create(length=10 << 20)  # the sample is a second old: the reservation notices
        with pytest.raises(OutOfSpace):
            await writer.write([b"first piece"])
        await writer.discard()
        store.close()
