"""Transactions evaluated over database + batch overlay: the committer's view of the store.

Point operations of one level take a short path; ranges and nesting go through `mvcc.transaction` over the same
overlay, so both mean the same. Nothing belongs to the batch before its transaction is complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Any

from photoncloud.backends.metadata.engine.rocksdb_files import REVISION_KEY, RocksdbFiles
from photoncloud.backends.metadata.engine.rocksdb_history import Change
from photoncloud.backends.metadata.engine.rocksdb_published import newest_rows
from photoncloud.backends.metadata.engine.rocksdb_rows import (
    FIRST_VERSION,
    mod_revision_of,
    pack_number,
    pack_row,
    succeed,
    unpack_number,
    unpack_row,
)
from photoncloud.backends.metadata.errors import Unsupported
from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.port import (
    Compare,
    Delete,
    Get,
    KeyValue,
    Op,
    Put,
    Response,
    Target,
    TxnResult,
    Written,
)
from photoncloud.backends.metadata.prefixes import contains

_UNKNOWN: Any = object()


class BatchKeyspace:
    """One write batch in the making; a `transaction.Keyspace`. Used by the committer thread only.

    `revision` counts on with every transaction that changed something; `changed` lists (revision, changes) of those.
    """

    def __init__(self, files: RocksdbFiles, revision: int) -> None:
        self._files = files
        self._getters = files.getters
        self._slot_of = files.slot_of
        self.revision = revision
        self._set_next_revision()
        self.begin()

    def begin(self) -> None:
        """Start a new batch on top of everything written so far."""
        self.changed: list[tuple[int, list[Change]]] = []
        self._overlay: dict[bytes, bytes | None] = {}  # rows as this batch leaves them, and rows it only read
        self._changes: list[Change] = []

    def run(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op]) -> TxnResult:
        """One checked transaction. An exception (a failed read) leaves batch and overlay as they were."""
        try:
            if any(condition.end for condition in compare):
                result = transaction.apply(self, compare, success, failure).result
            else:
                result = self._run_flat(compare, success, failure)
        except BaseException:
            self._undo()
            raise
        if self._changes:
            self._keep()
        return result

    def write_batch(self) -> Any:
        """A RocksDB batch of all changes and the new revision. Usable once: `rocksdict` consumes it in any case."""
        batch = self._files.new_batch()
        put, delete, handles, slot_of = batch.put, batch.delete, self._files.handles, self._slot_of
        for _, changes in self.changed:
            for key, row, _ in changes:
                if row is None:
                    delete(key, handles[slot_of[key[0]]])
                else:
                    put(key, row, handles[slot_of[key[0]]])
        put(REVISION_KEY, pack_number(self.revision), self._files.meta_handle)
        return batch

    def dirty_slots(self) -> set[int]:
        """Families this batch changes."""
        slot_of = self._slot_of
        return {slot_of[key[0]] for _, changes in self.changed for key, _, _ in changes}

    # Keyspace

    def get(self, key: bytes) -> KeyValue | None:
        row = self._row(key)
        return None if row is None else unpack_row(key, row)

    def range(
        self, start: bytes, end: bytes, *, limit: int = 0, keys_only: bool = False, count_only: bool = False
    ) -> tuple[tuple[KeyValue, ...], int]:
        items: list[KeyValue] = []
        count = 0
        for row in self._merged(start, end):
            count += 1
            if not count_only and (not limit or count <= limit):
                items.append(row._replace(value=b"") if keys_only else row)
        return tuple(items), count

    def has_lease(self, lease: int) -> bool:
        raise Unsupported("leases", "rocksdb")

    def store(self, current: KeyValue, previous: KeyValue | None) -> None:
        key, value, create, mod, version, _ = current
        self._change(key, pack_row(create, mod, version, value), self._row(key))

    def remove(self, previous: KeyValue) -> None:
        self._change(previous.key, None, self._row(previous.key))

    # Point operations

    def _row(self, key: bytes) -> bytes | None:
        row: bytes | None = self._overlay.get(key, _UNKNOWN)
        if row is _UNKNOWN:
            row = self._overlay[key] = self._getters[self._slot_of[key[0]]](key)
        return row

    def _holds(self, compare: Compare) -> bool:
        key, target, op, operand, _ = compare
        row = self._row(key)
        if row is None:
            return transaction.holds_for(None, compare)
        if target is Target.MOD:
            return transaction.is_related(mod_revision_of(row), op, operand)
        if target is Target.CREATE:
            return transaction.is_related(unpack_number(row)[0], op, operand)
        return transaction.holds_for(unpack_row(key, row), compare)

    def _run_flat(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op]) -> TxnResult:
        """A transaction whose compares look at single keys."""
        succeeded = True
        for condition in compare:
            if not self._holds(condition):
                succeeded = False
                break
        responses: list[Response] = []
        for operation in success if succeeded else failure:
            if isinstance(operation, Put):
                responses.append(self._put(operation))
            elif isinstance(operation, Get):
                responses.append(self.get(operation.key))
            elif isinstance(operation, Delete) and not operation.end:
                responses.append(self._delete(operation))
            else:
                return self._run_ranges(succeeded, success if succeeded else failure)
        revision = self.revision + 1 if self._changes else self.revision
        return TxnResult(succeeded, revision, tuple(responses))

    def _run_ranges(self, succeeded: bool, operations: Sequence[Op]) -> TxnResult:
        """A branch with ranges or nesting: begin it anew, over the state before the transaction."""
        self._undo()
        return transaction.apply(self, (), operations).result._replace(succeeded=succeeded)

    def _put(self, put: Put) -> Written:
        key = put.key
        if put.lease:
            raise Unsupported("leases", "rocksdb")
        old = self._row(key)
        head = self._fresh if old is None else succeed(old, self._packed)
        self._change(key, head + put.value, old)
        return Written(self.revision + 1, 0, unpack_row(key, old) if put.previous and old is not None else None)

    def _delete(self, delete: Delete) -> Written:
        key = delete.key
        old = self._row(key)
        if old is None:
            return Written(self.revision + 1 if self._changes else self.revision)
        self._change(key, None, old)
        return Written(self.revision + 1, 1, unpack_row(key, old) if delete.previous else None)

    def _change(self, key: bytes, row: bytes | None, old: bytes | None) -> None:
        self._overlay[key] = row
        self._changes.append((key, row, old))

    def _keep(self) -> None:
        """The transaction is complete: its changes belong to the batch."""
        self.revision += 1
        self.changed.append((self.revision, self._changes))
        self._changes = []
        self._set_next_revision()

    def _undo(self) -> None:
        for key, _, old in reversed(self._changes):
            self._overlay[key] = old
        self._changes = []

    def _set_next_revision(self) -> None:
        self._packed = pack_number(self.revision + 1)
        self._fresh = self._packed + self._packed + FIRST_VERSION

    def _merged(self, start: bytes, end: bytes) -> Iterator[KeyValue]:
        """Database rows with the overlay laid over them, in key order."""
        overlay = self._overlay
        fresh = sorted((key, row) for key, row in overlay.items() if row is not None and contains(start, end, key))
        with newest_rows(self._files, start, end) as cursor:
            stored = (row for row in iter(cursor.next, None) if row.key not in overlay)
            yield from merge(stored, [unpack_row(key, row) for key, row in fresh], key=_key_of)


def _key_of(row: KeyValue) -> bytes:
    return row.key
