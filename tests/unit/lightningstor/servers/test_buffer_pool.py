from __future__ import annotations

from photoncloud.lightningstor.servers.buffer_pool import BUFFER_BYTES, KEPT_BUFFERS, BufferPool


def test_buffers_are_bounded_and_reused() -> None:
    pool = BufferPool(limit=2)
    first, second = pool.borrow(), pool.borrow()
    assert first is not None
    assert second is not None
    assert len(first) == BUFFER_BYTES
    assert pool.borrow() is None
    pool.give_back(first)
    assert pool.borrow() is first
    assert pool.lent == 2


def test_a_burst_does_not_stay_resident() -> None:
    pool = BufferPool(limit=KEPT_BUFFERS + 10)
    lent = [pool.borrow() for _ in range(KEPT_BUFFERS + 10)]
    for buffer in lent:
        assert buffer is not None
        pool.give_back(buffer)
    assert pool.lent == 0
    again = [pool.borrow() for _ in range(KEPT_BUFFERS + 10)]
    kept = {id(buffer) for buffer in lent}
    assert sum(1 for buffer in again if id(buffer) in kept) >= KEPT_BUFFERS
