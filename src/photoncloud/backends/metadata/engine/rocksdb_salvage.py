"""Reading a RocksDB store that no longer opens: row by row, around what is damaged.

The store is opened read-only, and every record of its logs that is damaged is skipped. A block that cannot be read
ends an iterator; the next readable key is then looked for behind it, first in growing steps, then by halving. Between
two damaged blocks close to each other rows may be passed over. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from photoncloud.backends.metadata.engine.rocksdb_files import Family, open_damaged
from photoncloud.backends.metadata.engine.rocksdb_rows import unpack_row
from photoncloud.backends.metadata.port import KeyValue
from photoncloud.runtime.errors import describe

PRECISION_BYTES = 40
"""How far behind the common prefix of two keys the end of a gap is looked for: further, names hardly ever differ."""

_STEPS = (1, 2, 4, 8, 16, 32, 64, 128)


class Gap(NamedTuple):
    """Rows that cannot be read: some of those after `after` and before `before` (b"" = to the end of the family)."""

    after: bytes
    before: bytes
    reason: str


class DamagedStore:
    """Close it when done. Raises PhotonError `metadata-corrupt` when not even this way in is left."""

    def __init__(self, path: Path, families: Mapping[int, Family]) -> None:
        self._families = families
        self._opened = open_damaged(path, families)

    @property
    def complaint(self) -> str:
        """Why the store does not open as usual: commits in its logs may be lost. Empty when it does."""
        return self._opened.complaint

    def close(self) -> None:
        self._opened.families.clear()
        self._opened.database.close()

    def rows(self, first_byte: int) -> Iterator[KeyValue | Gap]:
        """Every readable row whose key begins with `first_byte`, in key order, and the gaps between them."""
        if self._families[first_byte].name not in self._opened.families:
            return
        start, end = bytes((first_byte,)), bytes((first_byte + 1,))
        last = start
        iterator = self._iterator(first_byte, start, end)
        while True:
            while iterator.valid():
                last = iterator.key()
                yield _row(last, iterator.value())
                iterator.next()
            reason = _failure(iterator)
            if not reason:
                return
            found = self._beyond(first_byte, last, end)
            yield Gap(last, found, reason)
            if not found:
                return
            iterator = self._iterator(first_byte, found, end)

    def _iterator(self, first_byte: int, at: bytes, end: bytes) -> Any:
        options = self._opened.new_options()
        options.set_iterate_upper_bound(end)
        options.set_total_order_seek(True)
        iterator = self._opened.families[self._families[first_byte].name].iter(options)
        iterator.seek(at)
        return iterator

    def _beyond(self, first_byte: int, last: bytes, end: bytes) -> bytes:
        """The first readable key behind the damage that follows `last`; b"" when there is none."""
        failing = last
        for step in steps_beyond(last):
            landed = self._landing(first_byte, step, end)
            if landed is not None:
                return self._narrowed(first_byte, failing, step, end)
            failing = step
        return b""

    def _landing(self, first_byte: int, at: bytes, end: bytes) -> bytes | None:
        """The key found at or after `at`: b"" when the family ends there in order, None when reading fails."""
        iterator = self._iterator(first_byte, at, end)
        if iterator.valid():
            key: bytes = iterator.key()
            return key
        return None if _failure(iterator) else b""

    def _narrowed(self, first_byte: int, failing: bytes, reading: bytes, end: bytes) -> bytes:
        """The first readable key between a place where reading fails and one where it works."""
        width = _common_length(failing, reading) + PRECISION_BYTES
        low = int.from_bytes(failing[:width].ljust(width, b"\0"), "big")
        high = int.from_bytes(reading[:width].ljust(width, b"\0"), "big")
        best = self._landing(first_byte, reading, end) or b""
        while high - low > 1:
            middle = (low + high) // 2
            landed = self._landing(first_byte, middle.to_bytes(width, "big"), end)
            if landed is None:
                low = middle
            else:
                high, best = middle, landed
        return best


def steps_beyond(key: bytes) -> Iterator[bytes]:
    """Growing keys behind `key` that keep its first byte, ever further away."""
    yield key + b"\0"
    for step in _STEPS:
        yield key + bytes((step,))
    for at in range(len(key) - 1, 0, -1):
        byte = key[at]
        for step in _STEPS:
            if byte + step <= 0xFF:
                yield key[:at] + bytes((byte + step,))
        if byte < 0xFF:
            yield key[:at] + b"\xff"


def _row(key: bytes, value: bytes) -> KeyValue | Gap:
    try:
        return unpack_row(key, value)
    except IndexError:
        return Gap(key, key + b"\0", "the row has no header")


def _failure(iterator: Any) -> str:
    """Why an iterator ended; empty when it came to its end."""
    try:
        iterator.status()
    except Exception as error:
        return describe(error)
    return ""


def _common_length(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
