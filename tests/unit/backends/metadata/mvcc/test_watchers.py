from __future__ import annotations

from photoncloud.backends.metadata.mvcc.watchers import MAX_PENDING_BATCHES, WatcherHub
from photoncloud.backends.metadata.port import Event, EventKind, KeyValue


def put(key: bytes, revision: int) -> Event:
    current = KeyValue(key, b"", revision, revision, 1)
    return Event(EventKind.PUT, current, current)


def test_only_matching_events_are_copied() -> None:
    hub = WatcherHub(1)
    watcher = hub.add(b"a", b"b", 0, 1, previous=True)
    hub.publish(2, (put(b"z", 2),))
    hub.publish(3, (put(b"a1", 3), put(b"z", 3), put(b"a2", 3)))
    (batch,) = watcher.pending
    assert [event.current.key for event in batch.events] == [b"a1", b"a2"]
    assert all(event.previous is not None for event in batch.events)


def test_previous_rows_are_left_out_unless_asked_for() -> None:
    hub = WatcherHub(1)
    watcher = hub.add(b"a", b"", 0, 1, previous=False)
    hub.publish(2, (put(b"a", 2),))
    assert watcher.pending[0].events[0].previous is None


def test_a_watcher_that_falls_behind_gets_no_copies_and_keeps_its_place() -> None:
    hub = WatcherHub(1)
    watcher = hub.add(b"a", b"", 0, 1, previous=False)
    for revision in range(2, MAX_PENDING_BATCHES + 10):
        hub.publish(revision, (put(b"a", revision),))
    assert len(watcher.pending) == MAX_PENDING_BATCHES
    assert not watcher.synced
    assert watcher.next_revision == MAX_PENDING_BATCHES + 2


def test_a_watch_from_the_past_reads_history_first() -> None:
    hub = WatcherHub(10)
    assert not hub.add(b"a", b"", 5, 10, previous=False).synced
    assert hub.add(b"a", b"", 11, 10, previous=False).synced


def test_what_readers_see_already_is_not_new() -> None:
    """The reader's revision may be ahead of what the hub was told."""
    hub = WatcherHub(10)
    watcher = hub.add(b"a", b"", 0, 12, previous=False)
    for revision in (11, 12, 13):
        hub.publish(revision, (put(b"a", revision),))
    assert [batch.revision for batch in watcher.pending] == [13]


def test_the_end_wakes_everybody() -> None:
    hub = WatcherHub(1)
    woken = []
    watcher = hub.add(b"a", b"", 0, 1, previous=False)
    watcher.wake = lambda: woken.append(True)
    hub.end_all(None)
    assert watcher.ended
    assert woken == [True]
    assert len(hub) == 0
