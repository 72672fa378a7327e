from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.metadata.engine.rocksdb_cursor import ChainCursor, RestoringCursor, Segment, segments
from photoncloud.backends.metadata.engine.rocksdb_rows import pack_row
from photoncloud.backends.metadata.prefixes import contains, upper_bound

SLOTS = [0] * 256
SLOTS[ord("b")] = 1
SLOTS[ord("c")] = 2
SLOTS[ord("d")] = 2

keys = st.binary(min_size=1, max_size=2).map(lambda raw: bytes(97 + byte % 6 for byte in raw))


class ListIterator:
    """Behaves like an iterator of `rocksdict` over a sorted list."""

    def __init__(self, rows: dict[bytes, bytes]) -> None:
        self._rows = sorted(rows.items())
        self._at = 0

    def seek(self, key: bytes) -> None:
        self._at = sum(found < key for found, _ in self._rows)

    def valid(self) -> bool:
        return self._at < len(self._rows)

    def next(self) -> None:
        self._at += 1

    def key(self) -> bytes:
        return self._rows[self._at][0]

    def value(self) -> bytes:
        return self._rows[self._at][1]

    def status(self) -> None:
        return None


def chain(rows: set[bytes], start: bytes, end: bytes) -> ChainCursor:
    parts = segments(SLOTS, start, upper_bound(start, end))
    packed = {key: pack_row(2, 2, 1, key) for key in rows}
    iterators = [
        ListIterator(
            {
                key: row
                for key, row in packed.items()
                if SLOTS[key[0]] == part.slot and (part.bound is None or key < part.bound)
            }
        )
        for part in parts
    ]
    return ChainCursor(2, start, parts, iterators)


def test_segments() -> None:
    assert segments(SLOTS, b"a1", b"a2") == [Segment(0, b"a1", b"a2")]
    assert segments(SLOTS, b"a1", b"c") == [Segment(0, b"a1", b"b"), Segment(1, b"b", b"c")]
    assert segments(SLOTS, b"c5", b"d7") == [Segment(2, b"c5", b"d7")]
    assert segments(SLOTS, b"b", None) == [Segment(1, b"b", b"c"), Segment(2, b"c", b"e"), Segment(0, b"e", None)]
    assert segments(SLOTS, b"b", b"a") == []


@given(start=keys, end=keys, key=keys)
def test_each_key_of_a_range_lies_in_exactly_one_segment_of_its_family(start: bytes, end: bytes, key: bytes) -> None:
    parts = segments(SLOTS, start, end)
    holders = [part for part in parts if part.start <= key and (part.bound is None or key < part.bound)]
    assert len(holders) == (start <= key < end)
    assert all(part.slot == SLOTS[key[0]] for part in holders)


@given(rows=st.sets(keys), start=keys, end=keys, seeks=st.lists(keys, max_size=4))
def test_a_chain_reads_like_one_sorted_list(rows: set[bytes], start: bytes, end: bytes, seeks: list[bytes]) -> None:
    expected = sorted(key for key in rows if contains(start, end, key))
    cursor = chain(rows, start, end)
    assert [row.key for row in cursor.take(100)] == expected
    for wanted in seeks:
        found = cursor.seek(wanted)
        rest = [key for key in expected if key >= wanted]
        assert (found.key if found else None) == (rest[0] if rest else None)
        assert [row.key for row in cursor.take(100)] == rest[1:]


@given(
    before=st.sets(keys),
    put=st.sets(keys),
    deleted=st.sets(keys),
    start=keys,
    end=keys,
    seeks=st.lists(keys, max_size=4),
)
def test_a_restoring_cursor_shows_the_state_before_the_batch(
    before: set[bytes], put: set[bytes], deleted: set[bytes], start: bytes, end: bytes, seeks: list[bytes]
) -> None:
    after = (before | put) - deleted
    replaced = {key: pack_row(2, 2, 1, key) if key in before else None for key in put | deleted}
    replaced = {key: old for key, old in replaced.items() if contains(start, end, key)}
    expected = sorted(key for key in before if contains(start, end, key))
    cursor = RestoringCursor(chain(after, start, end), replaced)
    assert [row.key for row in cursor.take(100)] == expected
    for wanted in seeks:
        found = cursor.seek(wanted)
        rest = [key for key in expected if key >= wanted]
        assert (found.key if found else None) == (rest[0] if rest else None)
        assert [row.key for row in cursor.take(100)] == rest[1:]
    cursor.close()
    assert cursor.next() is None
