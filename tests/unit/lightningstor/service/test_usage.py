"""Totals: kept across a clean stop, known to be incomplete after a crash, counted anew."""

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.core.versioning import Usage
from photoncloud.lightningstor.service.usage import UsageLedger


async def test_totals_survive_a_clean_stop(world):
    await world.usage.load()
    bucket = await world.bucket()
    for number in range(3):
        await world.put(bucket, f"{number}", b"12345")
    await world.usage.recount(bucket.record.id)
    world.usage.needs_recount = False
    await world.usage.close()
    again = UsageLedger(world.index)
    await again.load()
    assert again.of(bucket.record.id) == Usage(3, 15)
    assert not again.needs_recount
    assert again.newest_ms == world.usage.newest_ms > 0


async def test_a_crash_is_noticed(world):
    await world.usage.load()
    world.usage.needs_recount = False
    await world.usage.close()
    crashed = UsageLedger(world.index)
    await crashed.load()
    again = UsageLedger(world.index)
    await again.load()
    assert again.needs_recount
    await again.close()
    third = UsageLedger(world.index)
    await third.load()
    assert third.needs_recount  # nobody recounted


async def test_recount_finds_versions_and_keeps_writes_made_meanwhile(world):
    bucket = await world.bucket(versioning="Enabled")
    await world.put(bucket, "a", b"123")
    await world.put(bucket, "a", b"12345")
    await world.call("DeleteObject", bucket, "a")
    other = UsageLedger(world.index)
    counted = await other.recount(bucket.record.id)
    assert counted == other.of(bucket.record.id) == world.usage.of(bucket.record.id) == Usage(2, 8)
    other.add(bucket.record.id, Usage(1, 1), 5)
    assert other.of(bucket.record.id) == Usage(3, 9)


async def test_deleted_buckets_leave_no_row(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    await world.usage.flush()
    world.usage.forget(bucket.record.id)
    await world.usage.flush()
    again = UsageLedger(world.index)
    await again.load()
    assert again.of(bucket.record.id) == Usage()


async def test_a_failed_flush_is_made_up_for(world, monkeypatch):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    commit = world.index.commit

    async def failing(transaction, **options):
        raise RuntimeError("away")

    monkeypatch.setattr(world.index, "commit", failing)
    try:
        await world.usage.flush()
    except RuntimeError:
        monkeypatch.setattr(world.index, "commit", commit)
    await world.usage.flush()
    again = UsageLedger(world.index)
    await again.load()
    assert again.of(bucket.record.id) == Usage(1, 1)


async def test_a_record_that_cannot_be_read_counts_for_nothing(world):
    """After a crash every bucket is counted anew: damage may not keep the server from starting."""
    bucket = await world.bucket()
    await world.put(bucket, "good", b"12345")
    row = key_space.current(key_space.place(bucket.record.id, b"bad"))
    await world.index.commit(Transaction((), (Put(row, b"\1rubbish"),)))
    assert await world.usage.recount(bucket.record.id) == Usage(1, 5)
