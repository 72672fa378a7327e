"""The calls only an engine in this process has."""

from __future__ import annotations

import asyncio

import pytest

from photoncloud.backends.metadata.port import (
    OPEN_END,
    Delete,
    InvalidRequest,
    LocalMetadata,
    MetadataStore,
    Page,
    Put,
)
from photoncloud.testkit.metadata_conformance.subject import Suite, row


class LocalSuite(Suite):
    """The calls of `LocalMetadata`."""

    @pytest.fixture
    def local(self, store: MetadataStore) -> LocalMetadata:
        assert isinstance(store, LocalMetadata)
        return store

    async def test_now_reads_see_every_acknowledged_write(self, local: LocalMetadata) -> None:
        for number in range(20):
            result = await local.txn_nowait((), [Put(b"k", b"%d" % number)])
            found = local.get_now(b"k")
            assert found is not None
            assert found.mod_revision == result.revision == local.published_revision
        assert local.get_now(b"absent") is None

    async def test_scan_now(self, local: LocalMetadata) -> None:
        for number in range(5):
            await local.put(b"k%d" % number, b"v")
        whole = await local.scan(b"k", b"l")
        assert local.scan_now(b"k", b"l", limit=5) == whole
        cut = local.scan_now(b"k1", b"l", limit=2, keys_only=True)
        assert cut == Page(tuple(item._replace(value=b"") for item in whole.items[1:3]), True, 2, 6)

    async def test_a_cursor_reads_one_snapshot(self, local: LocalMetadata) -> None:
        for number in range(10):
            await local.put(b"k%d" % number, b"old")
        with local.cursor(b"k2", b"k8") as cursor:
            await local.txn((), [Put(b"k55", b"new"), Delete(b"k4"), Put(b"k3", b"new")])
            assert [item.key for item in cursor.take(2)] == [b"k2", b"k3"]
            assert cursor.next() == row(b"k4", b"old", 6, 6, 1)
            assert cursor.seek(b"k0") == row(b"k2", b"old", 4, 4, 1)
            found = cursor.seek(b"k51")
            assert found is not None
            assert found.key == b"k6"
            assert [item.key for item in cursor.take(9)] == [b"k7"]
            assert cursor.next() is None
            assert cursor.seek(b"k8") is None
            assert cursor.seek(b"k7") is not None
            assert cursor.revision == 11
        assert local.cursor(b"b", b"a").next() is None
        with local.cursor(b"k9", b"") as one:
            assert [item.key for item in one.take(5)] == [b"k9"]

    async def test_a_cursor_over_everything(self, local: LocalMetadata) -> None:
        keys = sorted(bytes((first, second)) for first in range(256) for second in (0, 255))
        for begin in range(0, len(keys), 64):
            await local.txn((), [Put(key, b"") for key in keys[begin : begin + 64]])
        with local.cursor(b"\0", OPEN_END) as cursor:
            assert [item.key for item in cursor.take(1000)] == keys
            for key in keys[::17]:
                found = cursor.seek(key)
                assert found is not None
                assert found.key == key

    async def test_bad_calls_are_refused_at_once(self, local: LocalMetadata) -> None:
        with pytest.raises(InvalidRequest):
            local.txn_nowait((), [Put(b"", b"")])
        with pytest.raises(InvalidRequest):
            local.get_now(b"")
        with pytest.raises(InvalidRequest):
            local.cursor(b"", b"")

    async def test_a_cancelled_waiter_does_not_hurt_the_others(self, local: LocalMetadata) -> None:
        futures = [local.txn_nowait((), [Put(b"k%d" % number, b"")]) for number in range(10)]
        futures[3].cancel()
        await asyncio.gather(*futures, return_exceptions=True)
        await local.put(b"last", b"")
        assert local.get_now(b"k9") is not None
