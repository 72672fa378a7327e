"""The head cache: bounded, and never older than the index."""

import asyncio

from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.versioning import Head
from photoncloud.lightningstor.service.head_cache import HeadCache

HEAD = Head(ObjectRecord(sequence=1, version_tail=b""), b"v" * 100, current_revision=1)


def test_bounded_in_bytes_the_least_used_go_first():
    cache = HeadCache(5000)
    for number in range(4):
        cache.put(b"%d" % number, HEAD, cache.epoch)
    assert cache.get(b"0") is not None
    cache.put(b"4", HEAD, cache.epoch)
    assert cache.get(b"1") is None
    assert cache.get(b"0") is not None
    assert cache.status().size <= 5000
    cache.clear()
    assert cache.status() == (0, 0)


def test_absent_heads_are_not_kept():
    cache = HeadCache(5000)
    assert cache.put(b"k", Head(), cache.epoch).head == Head()
    assert cache.get(b"k") is None


def test_what_was_read_before_a_commit_began_is_not_kept():
    cache = HeadCache(5000)
    epoch = cache.epoch
    cache.begin(b"k")
    cache.end(b"k", None)
    assert cache.put(b"k", HEAD, epoch).head is HEAD  # the reader may use it, nobody after it
    assert cache.get(b"k") is None


def test_nothing_is_kept_of_a_key_while_a_commit_is_under_way():
    cache = HeadCache(5000)
    cache.put(b"k", HEAD, cache.epoch)
    cache.begin(b"k")
    assert cache.get(b"k") is None
    cache.put(b"k", HEAD, cache.epoch)
    assert cache.get(b"k") is None
    cache.end(b"k", HEAD)
    assert cache.get(b"k").head is HEAD


def test_the_last_of_several_commits_decides():
    cache = HeadCache(5000)
    cache.begin(b"k")
    cache.begin(b"k")
    cache.end(b"k", HEAD)
    assert cache.is_pending(b"k")
    assert cache.get(b"k") is None
    cache.end(b"k", None)
    assert not cache.is_pending(b"k")
    assert cache.get(b"k") is None


async def test_waiting_for_a_key_to_settle():
    cache = HeadCache(5000)
    await cache.settled(b"k")
    cache.begin(b"k")
    waiters = [asyncio.ensure_future(cache.settled(b"k")) for _ in range(3)]
    await asyncio.sleep(0)
    waiters[1].cancel()
    await asyncio.sleep(0)
    assert [waiter.done() for waiter in waiters] == [False, True, False]
    cache.end(b"k", None)
    await asyncio.wait([waiters[0], waiters[2]], timeout=1)
    assert all(waiter.done() for waiter in waiters)
