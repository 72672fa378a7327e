"""kill -9 in the middle of load: what was acknowledged is there, what was not is whole or absent."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from photoncloud.backends.metadata import registry
from photoncloud.backends.metadata.port import BackendUnavailable, MetadataStore

WRITER = Path(__file__).with_name("crash_writer.py")
WORKERS = 8
KEPT = 3


def start(adapter: str, directory: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(WRITER), adapter, str(directory)], stdout=subprocess.PIPE)


def run_and_kill(adapter: str, directory: Path, seconds: float) -> dict[int, tuple[int, int]]:
    """Let the writer work for a while, kill it; worker -> last acknowledged (number, revision)."""
    process = start(adapter, directory)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        killer = threading.Timer(seconds, process.kill)
        killer.start()
        output = process.stdout.read()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    acknowledged: dict[int, tuple[int, int]] = {}
    for line in output.splitlines(keepends=True):
        if line.endswith(b"\n"):
            worker, number, revision = map(int, line.split())
            acknowledged[worker] = (number, revision)
    return acknowledged


async def verify(store: MetadataStore, acknowledged: dict[int, tuple[int, int]], before: int) -> int:
    """Check every invariant; returns the store's revision."""
    revision = (await store.scan(b"\0", b"\0", count_only=True)).revision
    assert revision >= max([before, *(at for _, at in acknowledged.values())])
    for worker in range(WORKERS):
        x, y = await store.get(b"x/%d" % worker), await store.get(b"y/%d" % worker)
        if x is None or y is None:
            assert x is None
            assert y is None
            assert worker not in acknowledged
            continue
        assert (x.value, x.mod_revision) == (y.value, y.mod_revision)
        number = int(x.value)
        if worker in acknowledged:
            last, at = acknowledged[worker]
            assert number in (last, last + 1), f"worker {worker} is at {number}, acknowledged was {last}"
            assert (x.mod_revision == at) is (number == last)
        log = await store.scan(b"log/%d/" % worker, b"log/%d0" % worker, keys_only=True)
        found = sorted(int(item.key.rsplit(b"/", 1)[1]) for item in log.items)
        assert found == list(range(max(1, number - KEPT + 1), number + 1))
    return revision


@pytest.mark.slow
@pytest.mark.parametrize(("adapter", "kills"), [("rocksdb", 50), ("sqlite", 20)])
async def test_acknowledged_writes_survive_kill_9(tmp_path: Path, adapter: str, kills: int) -> None:
    choose = random.Random(20260101)
    directory = tmp_path / "store"
    revision = 0
    for _ in range(kills):
        seconds = choose.uniform(0.02, 0.35)
        acknowledged = await asyncio.to_thread(run_and_kill, adapter, directory, seconds)
        store = await registry.adapter(adapter)(directory, reserve_bytes=0)
        try:
            revision = await verify(store, acknowledged, revision)
        finally:
            await store.close()
    assert revision > kills * 10


@pytest.mark.parametrize("adapter", ["rocksdb", "sqlite"])
async def test_a_second_process_is_told_who_holds_the_store(tmp_path: Path, adapter: str) -> None:
    directory = tmp_path / "store"
    process = start(adapter, directory)
    assert process.stdout is not None
    try:
        assert await asyncio.to_thread(process.stdout.readline) == b"ready\n"
        with pytest.raises(BackendUnavailable) as refused:
            await registry.adapter(adapter)(directory)
        assert str(process.pid) in refused.value.reason
        assert str(directory) in refused.value.reason
        assert not refused.value.maybe_applied
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    store = await registry.adapter(adapter)(directory, reserve_bytes=0)
    await store.close()
