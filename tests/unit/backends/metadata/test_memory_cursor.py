from __future__ import annotations

from photoncloud.backends.metadata.memory import MemoryMetadata


async def test_a_closed_cursor_reads_nothing_and_lets_history_go() -> None:
    store = MemoryMetadata()
    await store.put(b"k", b"")
    cursor = store.cursor(b"a", b"z")
    assert cursor.next() is not None
    cursor.close()
    cursor.close()
    assert cursor.seek(b"a") is None
    assert cursor.take(5) == []
    await store.close()
