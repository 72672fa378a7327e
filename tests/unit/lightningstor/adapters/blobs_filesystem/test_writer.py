"""Writing blobs: exact bytes and footer, nothing visible before publish, nothing left after discard."""

import asyncio
import errno
import os
import stat
import threading

import pytest

from photoncloud.lightningstor.adapters.blobs_filesystem import writer as module
from photoncloud.lightningstor.adapters.hash_functions import chunk_digest, crc32c
from photoncloud.lightningstor.core.blob_footer import CHUNK_BYTES, decode, footer_size
from photoncloud.lightningstor.errors import OutOfSpace, StoreDamaged

PATTERN = bytes(range(251))


def content(size):
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


@pytest.fixture(params=["unnamed", "incoming"])
def any_store(request, store):
    """The store as it is, and as it works on a file system without O_TMPFILE."""
    if request.param == "incoming":
        store._has_unnamed_files = False
    return store


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7])
async def test_bytes_and_footer_on_disk(any_store, size):
    data = content(size)
    writer = await any_store.create(length=size)
    for start in range(0, size, 100_000):
        await writer.write([data[start : start + 60_000], memoryview(data)[start + 60_000 : start + 100_000]])
    await writer.publish()
    stored = any_store.path(writer.id).read_bytes()
    assert len(stored) == size + footer_size(size)
    assert stored[:size] == data
    footer = decode(stored[size:], len(stored), crc32c)
    for chunk in range(len(footer.hashes) // 8):
        assert footer.chunk_hash(chunk) == chunk_digest(data[chunk * CHUNK_BYTES : (chunk + 1) * CHUNK_BYTES])


async def test_paths_are_private_and_say_nothing(any_store):
    writer = await any_store.create(length=None)
    await writer.write([b"x"])
    await writer.publish()
    path = any_store.path(writer.id)
    assert path == writer.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent.name == "00000000"
    assert len(path.name) == 24
    assert (path.parent.name + path.name) == writer.id.hex()


async def test_nothing_is_visible_before_publish(any_store, tmp_path, files):
    writer = await any_store.create(length=None)
    await writer.write([content(5000)])
    assert files(tmp_path / "data" / "blobs") == []
    with pytest.raises(StoreDamaged):
        await any_store.open(writer.id)
    await writer.publish()
    assert files(tmp_path / "data" / "blobs") == [str(writer.path)]
    assert files(tmp_path / "data" / "incoming") == []


@pytest.mark.parametrize("when", ["at once", "after a write", "after publish"])
async def test_discard_leaves_nothing(any_store, tmp_path, files, open_descriptors, when):
    before = open_descriptors()
    writer = await any_store.create(length=10_000_000)
    if when != "at once":
        await writer.write([content(5000)])
    if when == "after publish":
        await writer.publish()
    await writer.discard()
    await writer.discard()
    assert files(tmp_path / "data") == []
    assert open_descriptors() == before


async def test_reserved_room_that_is_not_needed_is_given_back(store):
    writer = await store.create(length=8 << 20)
    await writer.write([content(5 << 20)])
    await writer.publish()
    assert writer.path.stat().st_size == (5 << 20) + footer_size(5 << 20)


async def test_more_pieces_than_one_system_call_takes(store):
    pieces = [bytes([index % 256]) for index in range(3000)]
    writer = await store.create(length=None)
    await writer.write(pieces)
    await writer.publish()
    assert writer.path.read_bytes()[:3000] == b"".join(pieces)


async def test_short_writes_are_continued(store, monkeypatch):
    real = os.pwritev
    monkeypatch.setattr(module.os, "pwritev", lambda fd, pieces, at: real(fd, [memoryview(pieces[0])[:7]], at))
    writer = await store.create(length=None)
    await writer.write([content(100), b"", content(33)])
    await writer.publish()
    assert writer.path.read_bytes()[:133] == content(100) + content(33)


async def test_no_room_is_out_of_space_and_leaves_nothing(store, monkeypatch, tmp_path, files):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "pwritev", full)
    writer = await store.create(length=None)
    with pytest.raises(OutOfSpace):
        await writer.write([b"x"])
    await writer.discard()
    assert files(tmp_path / "data") == []
    assert store.faults() == ()


@pytest.mark.parametrize("call", ["fdatasync", "pwritev"])
async def test_io_errors_are_damage_and_show_in_health(store, monkeypatch, tmp_path, files, call):
    def broken(*args):
        raise OSError(errno.EIO, "Input/output error")

    writer = await store.create(length=None)
    await writer.write([b"x"])
    monkeypatch.setattr(module.os, call, broken)
    with pytest.raises(StoreDamaged, match="Input/output error"):
        await writer.publish()
    monkeypatch.undo()
    await writer.discard()
    assert files(tmp_path / "data") == []
    assert "Input/output error" in store.faults()[0]


async def test_a_failed_directory_sync_is_no_success(store, monkeypatch, tmp_path, files):
    def broken(*args):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(module.os, "fsync", broken)
    writer = await store.create(length=None)
    await writer.write([b"x"])
    with pytest.raises(StoreDamaged):
        await writer.publish()
    monkeypatch.undo()
    await writer.discard()
    assert files(tmp_path / "data") == []


async def test_an_error_of_the_early_sync_reaches_publish(store, monkeypatch):
    monkeypatch.setattr(module, "EARLY_SYNC_BYTES", 1000)

    def broken(descriptor):
        os.close(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(module, "_sync_and_close", broken)
    writer = await store.create(length=None)
    await writer.write([content(5000)])
    monkeypatch.undo()
    with pytest.raises(StoreDamaged, match="fdatasync"):
        await writer.publish()
    await writer.discard()


async def test_early_sync_runs_beside_the_writes(store, monkeypatch, open_descriptors):
    monkeypatch.setattr(module, "EARLY_SYNC_BYTES", 1000)
    before = open_descriptors()
    writer = await store.create(length=None)
    for _ in range(20):
        await writer.write([content(600)])
    await writer.publish()
    assert writer.path.read_bytes()[:12_000] == content(600) * 20
    assert open_descriptors() == before


async def test_discard_waits_for_a_cancelled_write(store, monkeypatch, tmp_path, files, open_descriptors):
    """A descriptor that is closed while a thread still writes to its number would damage another file."""
    entered, gate = threading.Event(), threading.Event()
    real = os.pwritev

    def slow(fd, pieces, at):
        entered.set()
        assert gate.wait(10)
        return real(fd, pieces, at)

    before = open_descriptors()
    writer = await store.create(length=None)
    monkeypatch.setattr(module.os, "pwritev", slow)
    write = asyncio.ensure_future(writer.write([b"late"]))
    await asyncio.get_running_loop().run_in_executor(None, entered.wait, 10)
    write.cancel()
    discard = asyncio.ensure_future(writer.discard())
    await asyncio.sleep(0.05)
    assert not discard.done()
    gate.set()
    await discard
    assert open_descriptors() <= before + 2  # the default executor's own pipe aside, nothing of the writer
    assert files(tmp_path / "data") == []


async def test_a_write_that_comes_after_discard_does_nothing(store, tmp_path, files):
    writer = await store.create(length=None)
    await writer.discard()
    await writer.write([b"late"])
    assert files(tmp_path / "data") == []


async def test_concurrent_publishes_share_directory_syncs(store, put):
    await asyncio.gather(*(put(store, content(1000)) for _ in range(40)))
    assert store._directories._active.sync.runs < 40
