"""The port Index over the metadata port: one suite on a local engine in memory, on RocksDB, and on an awaited store."""

import asyncio

import pytest

from photoncloud.backends.metadata import errors as metadata
from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.backends.metadata.rocksdb import open_rocksdb
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex, SharedIndex, rocksdb_families
from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put, Transaction
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace


@pytest.fixture(params=["memory", "rocksdb", "shared"])
async def index(request, tmp_path):
    if request.param == "rocksdb":
        store = await open_rocksdb(tmp_path / "meta", families=rocksdb_families(), reserve_bytes=0)
    else:
        store = MemoryMetadata()
    yield SharedIndex(store, "cluster") if request.param == "shared" else LocalIndex(store)
    await store.close()


async def put(index, *rows):
    return await index.commit(Transaction((), tuple(Put(key, value) for key, value in rows)))


async def test_rows_come_back_with_the_revision_of_their_commit(index):
    revision = await put(index, (b"ca", b"1"), (b"cb", b"2"))
    row = await index.get(b"ca")
    assert row == (b"ca", b"1", revision)
    assert await index.get(b"cx") is None
    assert await index.get_many((b"cb", b"cx", b"ca")) == [(b"cb", b"2", revision), None, row]


async def test_all_or_nothing(index):
    revision = await put(index, (b"ca", b"1"))
    with pytest.raises(CommitLost):
        await index.commit(
            Transaction((Compare(b"ca", revision), Compare(b"cb", revision)), (Put(b"cc", b""), Delete(b"ca")))
        )
    assert await index.get(b"cc") is None
    second = await index.commit(
        Transaction((Compare(b"ca", revision), Compare(b"cb", 0)), (Put(b"cc", b""), Delete(b"ca")))
    )
    assert second > revision
    assert await index.get(b"ca") is None


async def test_walks(index):
    await put(index, *((b"c%d" % number, b"") for number in range(9)), (b"d", b""), (b"b", b""))
    cursor = await index.cursor(b"c2", b"c7")
    assert [row.key for row in await cursor.take(2)] == [b"c2", b"c3"]
    assert [row.key for row in await cursor.take(100)] == [b"c4", b"c5", b"c6"]
    assert await cursor.take(1) == []
    await cursor.seek(b"c5x")
    assert [row.key for row in await cursor.take(1)] == [b"c6"]
    await cursor.seek(b"a")
    assert [row.key for row in await cursor.take(1)] == [b"c2"]
    await cursor.seek(b"x")
    assert await cursor.take(1) == []
    cursor.close()
    for start, end in ((b"c7", b"c2"), (b"c3", b"c3"), (b"x", b"y")):
        cursor = await index.cursor(start, end)
        assert await cursor.take(5) == []
        cursor.close()


async def test_several_walks_of_one_snapshot(index):
    await put(index, (b"ca", b"1"), (b"ma", b"1"))
    cursors = await index.cursors([(b"c", b"d"), (b"m", b"n")])
    first = await cursors[0].take(1)
    await index.commit(Transaction((), (Put(b"ca", b"2"), Put(b"cb", b"2"), Put(b"ma", b"2"))))
    second = await cursors[1].take(5)
    assert [row.value for row in (*first, *second)] == [b"1", b"1"]
    assert await cursors[0].take(5) == []
    for cursor in cursors:
        cursor.close()


async def test_families_do_not_run_into_each_other(index):
    place = key_space.place(b"\xff" * 8, b"k")
    await put(index, *((family.encode() + place, family.encode()) for family in key_space.FAMILIES))
    for family in key_space.FAMILIES:
        start = family.encode()
        cursor = await index.cursor(start, key_space.prefix_end(start))
        assert [row.value for row in await cursor.take(5)] == [start]
        cursor.close()


async def test_concurrent_conditional_commits_have_one_winner(index):
    async def claim(number):
        try:
            return await index.commit(Transaction((Compare(b"ca", 0),), (Put(b"ca", b"%d" % number),)))
        except CommitLost:
            return None

    outcomes = await asyncio.gather(*(claim(number) for number in range(20)))
    assert sum(outcome is not None for outcome in outcomes) == 1


async def test_largest_keys_and_durability(index):
    place = key_space.place(b"bucketid", b"\0" * 1024)
    row = key_space.version(place, 1)
    await index.commit(Transaction((), (Put(row, b"x"),)), durability="fsync")
    assert (await index.get(row)).value == b"x"


class Failing:
    """A store of which every call fails with one error."""

    published_revision = 1

    def __init__(self, error):
        self.error = error

    def get_now(self, key):
        raise self.error

    def cursor(self, start, end):
        raise self.error

    def txn_nowait(self, *arguments, **options):
        future = asyncio.get_running_loop().create_future()
        future.set_exception(self.error)
        return future

    async def get(self, key):
        raise self.error

    async def scan(self, *arguments, **options):
        raise self.error

    async def txn(self, *arguments):
        raise self.error


@pytest.mark.parametrize("maybe_applied", [True, False])
async def test_unavailable_says_whether_the_outcome_is_known(maybe_applied):
    store = Failing(metadata.BackendUnavailable("away", maybe_applied=maybe_applied))
    for index in (LocalIndex(store), SharedIndex(store, "c")):
        for call in (
            index.get(b"c"),
            index.get_many((b"c",)),
            index.cursors([(b"c", b"d")]),
            index.commit(Transaction((), ())),
        ):
            with pytest.raises(IndexUnavailable) as caught:
                await call
            assert caught.value.maybe_applied is maybe_applied


async def test_a_full_disk():
    for index in (
        LocalIndex(Failing(metadata.OutOfSpace("disk"))),
        SharedIndex(Failing(metadata.OutOfSpace("disk")), "c"),
    ):
        with pytest.raises(OutOfSpace):
            await index.commit(Transaction((), (Put(b"c", b""),)))


async def test_history_that_is_gone_ends_a_walk_with_unavailable():
    index = SharedIndex(Failing(metadata.Compacted(5)), "c")
    with pytest.raises(IndexUnavailable):
        await (await index.cursor(b"c", b"d")).take(1)


async def test_a_cancelled_commit_ends_only_when_its_outcome_is_known():
    pending = []

    class Slow(Failing):
        def txn_nowait(self, *arguments, **options):
            pending.append(asyncio.get_running_loop().create_future())
            return pending[-1]

    committing = asyncio.ensure_future(LocalIndex(Slow(None)).commit(Transaction((), ())))
    await asyncio.sleep(0)
    committing.cancel()
    await asyncio.sleep(0.01)
    assert not committing.done()
    pending[0].set_exception(metadata.BackendUnavailable("gone", maybe_applied=False))
    with pytest.raises(asyncio.CancelledError):
        await committing


async def test_checkpoints(tmp_path):
    store = await open_rocksdb(tmp_path / "meta", families=rocksdb_families(), reserve_bytes=0)
    index = LocalIndex(store, store.checkpoint)
    await put(index, (b"ca", b"1"))
    await index.checkpoint(str(tmp_path / "copy"))
    await store.close()
    copy = await open_rocksdb(tmp_path / "copy", families=rocksdb_families(), reserve_bytes=0)
    assert (await LocalIndex(copy).get(b"ca")).value == b"1"
    await copy.close()
    with pytest.raises(IndexUnavailable):
        await LocalIndex(MemoryMetadata()).checkpoint("x")
    with pytest.raises(IndexUnavailable):
        await SharedIndex(MemoryMetadata(), "c").checkpoint("x")
