"""Many keys in few transactions. The request itself is in test_multi_delete."""

import asyncio

import pytest

from photoncloud.lightningstor.core.plan_delete import DeletePlan
from photoncloud.lightningstor.errors import CommitLost, OutOfSpace, S3Error
from photoncloud.lightningstor.service.commits import ORDINARY
from photoncloud.lightningstor.service.key_batches import KeyBatches
from photoncloud.lightningstor.service.objects import Deletion


@pytest.fixture
def batches(world):
    return KeyBatches(world.index, world.cache, world.reader, world.commits)


def deletions(world, *keys):
    async def plan(place, head):
        return await world.objects.plan_deletion(place, head, Deletion())

    return [(key.encode(), plan) for key in keys]


async def fill(world, bucket, *keys):
    for key in keys:
        await world.put(bucket, key, b"1")


async def test_a_lost_batch_is_done_key_by_key(world, batches, monkeypatch):
    bucket = await world.bucket()
    await fill(world, bucket, "a", "b", "c")
    commit, lost = world.index.commit, []

    async def losing(transaction, **options):
        if not lost:
            lost.append(len(transaction.changes))
            raise CommitLost
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", losing)
    outcomes = await batches.change(bucket, deletions(world, "a", "b", "c"), ORDINARY)
    assert lost == [6]
    assert all(isinstance(outcome, DeletePlan) and outcome.removed for outcome in outcomes)
    assert (await world.families())["c"] == 0
    assert world.usage.of(bucket.record.id) == (0, 0)


async def test_failures_are_outcomes(world, batches, monkeypatch):
    bucket = await world.bucket()
    await fill(world, bucket, "a")

    async def full(transaction, **options):
        raise OutOfSpace("index")

    async def refusing(place, head):
        raise S3Error("AccessDenied")

    monkeypatch.setattr(world.index, "commit", full)
    changes = [*deletions(world, "a"), (b"x", refusing), *deletions(world, "absent")]
    outcomes = await batches.change(bucket, changes, ORDINARY)
    assert isinstance(outcomes[0], OutOfSpace)
    assert outcomes[1].code == "AccessDenied"
    assert outcomes[2].transaction is None


async def test_no_key_stays_pending_when_the_request_is_cancelled(world, batches, monkeypatch):
    bucket = await world.bucket()
    keys = [f"{number:03}" for number in range(120)]
    await fill(world, bucket, *keys)

    async def never(transaction, **options):
        await asyncio.Event().wait()

    monkeypatch.setattr(world.index, "commit", never)
    for steps in range(8):
        running = asyncio.ensure_future(batches.change(bucket, deletions(world, *keys), ORDINARY))
        for _ in range(steps):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not any(world.cache.is_pending(world.commits.place(bucket, key.encode()).rows) for key in keys)
