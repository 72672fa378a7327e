"""Directories rotate, survive restarts, and publishes that wait together share one fsync."""

import asyncio
import os
import threading

import pytest

from photoncloud.lightningstor.adapters.blobs_filesystem import directories as module
from photoncloud.lightningstor.adapters.blobs_filesystem.directories import BlobDirectories, SharedSync


class GatedSync:
    """An fsync that waits for permission and counts its runs."""

    def __init__(self):
        self.runs = 0
        self.gate = threading.Semaphore(0)
        self.error = None

    def __call__(self):
        self.runs += 1
        assert self.gate.acquire(timeout=10)
        if self.error:
            raise self.error


async def test_waiters_share_the_next_run(executor):
    gated = GatedSync()
    sync = SharedSync(gated, executor)
    first = asyncio.ensure_future(sync.wait())
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(sync.wait()) for _ in range(50)]
    await asyncio.sleep(0)
    gated.gate.release()
    await first
    assert not any(other.done() for other in others), "a run that began before a call does not count for it"
    gated.gate.release()
    await asyncio.gather(*others)
    assert gated.runs == sync.runs == 2


async def test_a_failed_run_fails_its_waiters_only(executor):
    gated = GatedSync()
    sync = SharedSync(gated, executor)
    gated.error = OSError(5, "Input/output error")
    gated.gate.release()
    with pytest.raises(OSError, match="Input/output"):
        await sync.wait()
    gated.error = None
    gated.gate.release()
    await sync.wait()


async def test_a_cancelled_waiter_does_not_cancel_the_run(executor):
    gated = GatedSync()
    sync = SharedSync(gated, executor)
    waiters = [asyncio.ensure_future(sync.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    waiters[0].cancel()
    gated.gate.release()
    gated.gate.release()
    await waiters[1]
    assert waiters[0].cancelled() or waiters[0].exception() is None


async def test_rotation_when_full(tmp_path, executor, monkeypatch, open_descriptors):
    monkeypatch.setattr(module, "BLOBS_PER_DIRECTORY", 3)
    before = open_descriptors()
    taken = BlobDirectories(tmp_path, executor)
    held = await asyncio.gather(*(taken.take() for _ in range(8)))
    assert [directory.number for directory in held] == [0, 0, 0, 1, 1, 1, 2, 2]
    assert sorted(os.listdir(tmp_path)) == ["00000000", "00000001", "00000002"]
    assert open_descriptors() == before + 3
    for directory in held:
        directory.release()
    assert open_descriptors() == before + 1, "retired directories close with their last writer"
    taken.close()
    assert open_descriptors() == before


async def test_the_newest_directory_goes_on_after_a_restart(tmp_path, executor, monkeypatch):
    monkeypatch.setattr(module, "BLOBS_PER_DIRECTORY", 3)
    (tmp_path / "00000007").mkdir()
    (tmp_path / "00000007" / "one").touch()
    (tmp_path / "00000007" / "two").touch()
    (tmp_path / "lost+found").mkdir()
    taken = BlobDirectories(tmp_path, executor)
    assert taken.numbers() == [7]
    assert (await taken.take()).number == 7
    assert (await taken.take()).number == 8
    taken.close()
