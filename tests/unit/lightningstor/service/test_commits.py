"""The commit loop: what is raised, what the cache holds afterwards. Races on keys are in test_objects."""

import asyncio

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.plan_put import plan_put
from photoncloud.lightningstor.core.preconditions import UNCONDITIONAL
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable
from photoncloud.lightningstor.service.commits import asked_durability


async def test_the_cache_holds_what_was_committed(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    place = key_space.place(bucket.record.id, b"k")
    cached = world.cache.get(place)
    row = await world.index.get(key_space.current(place))
    assert (cached.head.value, cached.head.current_revision) == (row.value, row.revision)
    await world.call("DeleteObject", bucket, "k")
    assert world.cache.get(place) is None


async def test_a_failed_commit_leaves_nothing_in_the_cache(world, monkeypatch):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    place = key_space.place(bucket.record.id, b"k")

    async def away(transaction, **options):
        raise IndexUnavailable("away", maybe_applied=False)

    monkeypatch.setattr(world.index, "commit", away)
    with pytest.raises(IndexUnavailable):
        await world.put(bucket, "k", b"2")
    assert world.cache.get(place) is None
    assert not world.cache.is_pending(place)
    assert await world.get(bucket, "k") == b"1"


async def test_readers_see_the_old_version_until_the_new_one_is_durable(world, monkeypatch):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"old")
    commit, opened = world.index.commit, asyncio.Event()

    async def slow(transaction, **options):
        await opened.wait()
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", slow)
    writing = asyncio.ensure_future(world.put(bucket, "k", b"new"))
    await asyncio.sleep(0.01)
    assert await world.get(bucket, "k") == b"old"
    opened.set()
    await writing
    assert await world.get(bucket, "k") == b"new"


async def test_cancelled_while_committing_the_bytes_are_left_alone(world, blob_files, monkeypatch):
    bucket = await world.bucket()
    commit, opened = world.index.commit, asyncio.Event()

    async def slow(transaction, **options):
        try:
            await opened.wait()
        except asyncio.CancelledError:
            await commit(transaction, **options)  # it happens all the same, as the port says
            raise

    monkeypatch.setattr(world.index, "commit", slow)
    writing = asyncio.ensure_future(world.put(bucket, "k", b"x" * 5000))
    await asyncio.sleep(0.05)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert len(blob_files()) == 1
    assert await world.get(bucket, "k") == b"x" * 5000


async def test_uncertain_and_then_refused_stays_uncertain(world, blob_files, monkeypatch):
    """The write may have happened and been overwritten: the blob must not be thrown away on a refusal."""
    bucket = await world.bucket()
    commit, calls = world.index.commit, []

    async def applied_then_overwritten(transaction, **options):
        calls.append(transaction)
        if len(calls) > 1:
            return await commit(transaction, **options)
        await commit(transaction, **options)
        monkeypatch.setattr(world.index, "commit", commit)
        await world.commits.change(bucket, b"k", other)
        raise IndexUnavailable("connection lost", maybe_applied=True)

    async def other(place, head):
        draft = ObjectRecord(sequence=0, version_tail=b"", etag="x" * 32)
        return plan_put(place, head, None, draft, world.commits.draw(), conditions=UNCONDITIONAL)

    world.cache.begin = lambda place: None  # another process writes: nobody waits for it
    world.cache.end = lambda place, head: world.cache.clear()
    monkeypatch.setattr(world.index, "commit", applied_then_overwritten)
    with pytest.raises(IndexUnavailable):
        await world.call("PutObject", bucket, "k", b"x" * 5000, {"if-none-match": "*"})
    assert len(blob_files()) == 1


async def test_lost_to_another_process_is_planned_again_on_what_it_made(world, monkeypatch):
    bucket = await world.bucket(versioning="Enabled")
    commit, lost = world.index.commit, []

    async def losing(transaction, **options):
        if not lost:
            lost.append(1)
            raise CommitLost
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", losing)
    assert await world.put(bucket, "k", b"1")
    assert await world.get(bucket, "k") == b"1"


async def test_versioning_switched_on_meanwhile_is_respected(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"precious")
    await world.changed(bucket, versioning="Enabled")
    await world.put(bucket, "k", b"new")  # this request still knows the bucket as never versioned
    root = (await world.call("ListObjectVersions", bucket)).body
    assert root.count(b"<Version>") == 2


def test_durability_levels():
    assert [asked_durability(level) for level in (None, "group", "fsync", "async")] == [None, "group", "fsync", "async"]
