"""Random bytes are never given out twice."""

import itertools

from photoncloud.lightningstor.adapters.random_pool import POOL_BYTES, RandomPool


def test_every_byte_of_the_source_is_given_out_at_most_once():
    numbered = itertools.count()
    pool = RandomPool(lambda count: b"".join(next(numbered).to_bytes(4, "big") for _ in range(count // 4)))
    pieces = [pool(8) for _ in range(5000)]
    assert len(set(pieces)) == len(pieces)
    assert all(len(piece) == 8 for piece in pieces)


def test_few_draws_and_pieces_larger_than_the_pool():
    draws = []

    def source(count):
        draws.append(count)
        return bytes(count)

    pool = RandomPool(source)
    for _ in range(POOL_BYTES // 16):
        pool(16)
    assert draws == [POOL_BYTES]
    assert len(pool(POOL_BYTES + 1)) == POOL_BYTES + 1
    assert draws == [POOL_BYTES, POOL_BYTES + 1]
    assert pool(0) == b""
