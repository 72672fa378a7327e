"""The scrubber reads everything at its rate, names what rotted and who used it, and goes on."""

import asyncio

import pytest

from photoncloud.lightningstor.errors import IndexUnavailable
from photoncloud.lightningstor.service.scrubber import PAUSE_BETWEEN_PASSES_SEC, Scrubber
from photoncloud.testkit.disk import flip


class Time:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 100.0
        self.slept = []
        self.on_sleep = lambda: None

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        self.on_sleep()
        await asyncio.sleep(0)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def put(blobs):
    async def put(data):
        writer = await blobs.create(length=None)
        await writer.write([data])
        await writer.publish()
        return writer.id

    return put


async def owners(blob):
    return ["bucket/key"]


def scrubber(blobs, time, rate=0):
    return Scrubber(blobs, owners, bytes_per_sec=rate, monotonic=time, sleep=time.sleep)


async def test_a_sound_store(blobs, put, time):
    for size in (0, 10, 5000):
        await put(bytes(size))
    report = await scrubber(blobs, time).scrub_once()
    assert (report.blobs, report.damaged) == (3, {})
    assert report.bytes > 5010
    assert time.slept == []


async def test_damage_is_named_with_its_owners_and_does_not_stop_the_pass(blobs, put, time):
    sound = [await put(bytes([number]) * 100) for number in range(3)]
    flip(blobs.path(sound[1]), 50)
    report = await scrubber(blobs, time).scrub_once()
    assert report.blobs == 3
    assert list(report.damaged) == [sound[1].hex()]
    assert "used by bucket/key" in report.damaged[sound[1].hex()]
    assert "quarantine" in blobs.faults()[0]


async def test_only_what_is_wanted(blobs, put, time):
    wanted, other = await put(b"a"), await put(b"b")
    flip(blobs.path(other), 0)

    async def named():
        yield wanted, 1
        yield wanted, 1

    report = await scrubber(blobs, time).scrub(named())
    assert (report.blobs, report.bytes, report.damaged) == (2, 2, {})


async def test_a_damaged_blob_is_told_once_however_often_it_is_named(blobs, put, time):
    rotten = await put(b"a")
    flip(blobs.path(rotten), 0)

    async def named():
        for _ in range(3):
            yield rotten, 1

    report = await scrubber(blobs, time).scrub(named())
    assert report.blobs == 1
    assert "is not what was written" in report.damaged[rotten.hex()]


async def test_the_rate_is_kept(blobs, put, time):
    await put(bytes(3 << 20))
    await scrubber(blobs, time, rate=1 << 20).scrub_once()
    assert sum(time.slept) == pytest.approx(3.0)


async def test_passes_repeat_and_zero_switches_them_off(blobs, put, time):
    rotten = await put(b"a")
    flip(blobs.path(rotten), 0)
    background = scrubber(blobs, time, rate=0)

    def on_sleep():
        if len(time.slept) == 3:
            assert blobs.faults() == ()
            background.bytes_per_sec = 1 << 30
        if blobs.faults():
            raise asyncio.CancelledError

    time.on_sleep = on_sleep
    with pytest.raises(asyncio.CancelledError):
        await background.run()
    assert PAUSE_BETWEEN_PASSES_SEC in time.slept
    assert len(time.slept) > 3


async def test_damage_in_an_index_that_cannot_name_the_owners(blobs, put, time):
    async def unreadable(blob):
        raise IndexUnavailable("checksum mismatch", maybe_applied=False)

    rotten = await put(bytes(100))
    flip(blobs.path(rotten), 50)
    worker = Scrubber(blobs, unreadable, bytes_per_sec=0, monotonic=time, sleep=time.sleep)
    report = await worker.scrub_once()
    assert "used by unknown: checksum mismatch" in report.damaged[rotten.hex()]
