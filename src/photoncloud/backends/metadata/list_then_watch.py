"""Snapshot first, then every change, across compactions: how a component keeps a copy of a range."""

from __future__ import annotations

from collections.abc import AsyncIterator

from photoncloud.backends.metadata.errors import Compacted
from photoncloud.backends.metadata.port import Batch, Event, EventKind, KeyValue, MetadataStore

PAGE_ROWS = 1000  # rows read at once; a large range must not become one huge answer


async def list_then_watch(store: MetadataStore, start: bytes, end: bytes) -> AsyncIterator[Batch]:
    """The first batch is the whole range as PUT events; then changes without gap or repeat.

    When history was compacted away under a slow reader, one batch with `resync=True` carries the whole range anew:
    what is not in it no longer exists. Ends like `MetadataStore.watch`, except with Compacted.
    """
    resync = False
    while True:
        try:
            rows, revision = await _list(store, start, end)
            changes = store.watch(start, end, from_revision=revision + 1)
            yield Batch(revision, tuple(Event(EventKind.PUT, row) for row in rows), resync=resync)
            async for batch in changes:
                yield batch
            return
        except Compacted:
            resync = True


async def _list(store: MetadataStore, start: bytes, end: bytes) -> tuple[list[KeyValue], int]:
    page = await store.scan(start, end, limit=PAGE_ROWS)
    rows = list(page.items)
    while page.more:
        page = await store.scan(rows[-1].key + b"\0", end, limit=PAGE_ROWS, revision=page.revision)
        rows += page.items
    return rows, page.revision
