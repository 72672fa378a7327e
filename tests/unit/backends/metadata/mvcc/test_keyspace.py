from __future__ import annotations

import random

import pytest

from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.mvcc.keyspace import MemoryKeyspace
from photoncloud.backends.metadata.port import OPEN_END, Compacted, Delete, FutureRevision, KeyValue, Put


def random_history(seed: int, steps: int) -> tuple[MemoryKeyspace, dict[int, dict[bytes, bytes]]]:
    """A key space after random writes, and its content at every revision."""
    choose = random.Random(seed)
    keyspace = MemoryKeyspace()
    content: dict[bytes, bytes] = {}
    states = {1: {}}
    for step in range(steps):
        key = b"k%d" % choose.randrange(8)
        if choose.random() < 0.3:
            events = transaction.apply(keyspace, (), [Delete(key)]).events
            content.pop(key, None)
        else:
            events = transaction.apply(keyspace, (), [Put(key, b"%d" % step)]).events
            content[key] = b"%d" % step
        if events:
            keyspace.commit(events)
        states[keyspace.revision] = dict(content)
    return keyspace, states


@pytest.mark.parametrize("seed", range(5))
def test_every_uncompacted_revision_can_be_read(seed: int) -> None:
    keyspace, states = random_history(seed, 200)
    for bound in (0, keyspace.revision // 3, keyspace.revision // 2, keyspace.revision):
        if bound:
            keyspace.compact(bound)
            keyspace.drop_history(bound)
        for revision in range(max(bound, 1), keyspace.revision + 1):
            rows, count = keyspace.range_at(b"\0", OPEN_END, revision)
            assert {row.key: row.value for row in rows} == states[revision]
            assert count == len(rows)


def test_compaction_frees_what_nobody_can_read() -> None:
    keyspace, states = random_history(1, 300)
    keyspace.compact(keyspace.revision)
    keyspace.drop_history(keyspace.revision)
    kept = sum(len(rows) for rows in keyspace._rows.values())
    assert kept <= len(states[keyspace.revision]) + 1  # a tombstone at exactly this revision stays
    assert len(keyspace._log) <= 1


def test_revisions_outside_history() -> None:
    keyspace, _ = random_history(2, 50)
    keyspace.compact(10)
    keyspace.check_revision(10)
    keyspace.check_revision(0)
    with pytest.raises(Compacted):
        keyspace.check_revision(9)
    with pytest.raises(FutureRevision):
        keyspace.check_revision(keyspace.revision + 1)
    with pytest.raises(Compacted):
        keyspace.compact(10)


def test_compact_zero_succeeds_once_on_a_fresh_store() -> None:
    keyspace = MemoryKeyspace()
    keyspace.compact(0)
    with pytest.raises(Compacted):
        keyspace.compact(0)


def test_first_at() -> None:
    keyspace = MemoryKeyspace()
    keyspace.commit(transaction.apply(keyspace, (), [Put(b"b", b""), Put(b"d", b"")]).events)
    keyspace.commit(transaction.apply(keyspace, (), [Delete(b"b")]).events)
    assert keyspace.first_at(b"a", b"z", 2) == KeyValue(b"b", b"", 2, 2, 1)
    assert keyspace.first_at(b"a", b"z", 3) == KeyValue(b"d", b"", 2, 2, 1)
    assert keyspace.first_at(b"a", b"c", 3) is None
