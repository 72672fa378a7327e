"""Who gets which event. A watcher that falls behind gets no copies: it remembers where to read the history on.

The writer calls `publish` once per revision and never waits. A watcher is *synced* while it takes batches as they are
published; otherwise its stream reads history from `next_revision` until it has caught up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from photoncloud.backends.metadata.port import Batch, Event
from photoncloud.backends.metadata.prefixes import contains

MAX_PENDING_BATCHES = 128  # copies kept for a slow reader before it is sent to the history


class Watcher:
    """One watched range. `wake` is called whenever there is something new to look at."""

    def __init__(self, start: bytes, end: bytes, next_revision: int, *, previous: bool, synced: bool) -> None:
        self.start = start
        self.end = end
        self.next_revision = next_revision
        self.previous = previous
        self.synced = synced
        self.pending: deque[Batch] = deque()
        self.ended = False
        self.failure: Exception | None = None
        self.wake: Callable[[], None] = lambda: None

    def view(self, revision: int, events: tuple[Event, ...]) -> Batch:
        """The batch as this watcher asked for it."""
        if not self.previous:
            events = tuple(event if event.previous is None else event._replace(previous=None) for event in events)
        return Batch(revision, events)

    def offer(self, revision: int, events: tuple[Event, ...]) -> None:
        """Take the matching events of a new revision, or fall behind when too many wait already."""
        if not self.synced or revision < self.next_revision:
            return
        selected = tuple(event for event in events if contains(self.start, self.end, event.current.key))
        if not selected:
            return
        if len(self.pending) >= MAX_PENDING_BATCHES:
            self.synced = False
            return
        self.pending.append(self.view(revision, selected))
        self.next_revision = revision + 1
        self.wake()

    def end_with(self, failure: Exception | None) -> None:
        """Nothing more comes after what is pending; `failure` None = the store was closed."""
        self.ended = True
        self.failure = failure
        self.wake()


class WatcherHub:
    """All watchers of one store and the newest revision they were told of."""

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self._watchers: set[Watcher] = set()

    def __len__(self) -> int:
        return len(self._watchers)

    def add(self, start: bytes, end: bytes, from_revision: int, current: int, *, previous: bool) -> Watcher:
        """Register a watcher; `current` is the revision readers see now, `from_revision` 0 = after it."""
        first = from_revision if from_revision > 0 else current + 1
        watcher = Watcher(start, end, first, previous=previous, synced=first > self.revision)
        self._watchers.add(watcher)
        return watcher

    def remove(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    def publish(self, revision: int, events: tuple[Event, ...]) -> None:
        """Hand the events of one revision to everybody; revisions come in order."""
        self.revision = revision
        for watcher in self._watchers:
            watcher.offer(revision, events)

    def end_all(self, failure: Exception | None) -> None:
        """End every watch: closed (None) or with an error."""
        for watcher in list(self._watchers):
            watcher.end_with(failure)
        self._watchers.clear()
