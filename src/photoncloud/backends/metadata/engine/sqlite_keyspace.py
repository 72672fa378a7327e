"""The key space of the embedded engine: what a transaction sees and changes inside the open SQLite transaction."""

from __future__ import annotations

from typing import Any

from photoncloud.backends.metadata.engine import sqlite_reads
from photoncloud.backends.metadata.engine.sqlite_schema import SUB_BITS, Connection, read_meta, write_meta
from photoncloud.backends.metadata.errors import Compacted, FutureRevision, LeaseNotFound, LimitExceeded
from photoncloud.backends.metadata.mvcc import transaction
from photoncloud.backends.metadata.mvcc.transaction import Outcome
from photoncloud.backends.metadata.port import Delete, KeyValue, TxnResult

MAX_CHANGES = (1 << SUB_BITS) - 1
SLICE_ROWS = 1000  # rows looked at per slice of a compaction; writers wait for one slice at most
VACUUM_PAGES = 1000  # free pages given back to the file system after a compaction; bounds the pause
NOTHING = Outcome(TxnResult(True, 0, ()), ())  # work that is no transaction and makes no events


class SqliteKeyspace:
    """A `transaction.Keyspace`. Used by the apply thread, between BEGIN and COMMIT.

    `revision` counts on with `advance`; `reload` takes it from the database again after a rollback.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.reload()

    def reload(self) -> None:
        self.revision = read_meta(self._connection, "current_rev")
        self.compact_revision = read_meta(self._connection, "compact_rev")
        self._finished = read_meta(self._connection, "finished_compact")
        self._position = 0
        self._changes = 0

    def advance(self) -> None:
        """The running transaction changed something and is complete."""
        self.revision += 1
        self._changes = 0
        write_meta(self._connection, "current_rev", self.revision)

    # Keyspace

    def get(self, key: bytes) -> KeyValue | None:
        return sqlite_reads.get(self._connection, key)

    def range(
        self, start: bytes, end: bytes, *, limit: int = 0, keys_only: bool = False, count_only: bool = False
    ) -> tuple[tuple[KeyValue, ...], int]:
        return sqlite_reads.read_range(
            self._connection, start, end, limit=limit, keys_only=keys_only, count_only=count_only
        )

    def has_lease(self, lease: int) -> bool:
        return self._connection.execute("SELECT 1 FROM lease WHERE id = ?", (lease,)).fetchone() is not None

    def store(self, current: KeyValue, previous: KeyValue | None) -> None:
        id_ = self._next_id()
        key, value, create, mod, version, lease = current
        self._connection.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", (id_, key, value, create, version, lease))
        self._connection.execute(
            "INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?, ?, ?)", (key, id_, create, mod, version, lease)
        )

    def remove(self, previous: KeyValue) -> None:
        self._connection.execute("INSERT INTO log VALUES (?, ?, x'', 0, 0, 0)", (self._next_id(), previous.key))
        self._connection.execute("DELETE FROM live WHERE key = ?", (previous.key,))

    def _next_id(self) -> int:
        if self._changes >= MAX_CHANGES:
            raise LimitExceeded("changes of a revision", self._changes + 1, MAX_CHANGES)
        self._changes += 1
        return ((self.revision + 1) << SUB_BITS) | (self._changes - 1)

    # Leases

    def add_lease(self, lease: int, ttl_sec: int) -> Outcome:
        self._connection.execute("INSERT INTO lease VALUES (?, ?)", (lease, ttl_sec))
        return NOTHING

    def leases(self) -> list[tuple[int, int]]:
        """(id, TTL) of every lease."""
        return [(lease, ttl) for lease, ttl in self._connection.execute("SELECT id, ttl FROM lease ORDER BY id")]

    def revoke(self, lease: int) -> Outcome:
        """Delete a lease and its keys, in key order. Raises LeaseNotFound."""
        if not self.has_lease(lease):
            raise LeaseNotFound(lease)
        keys: list[Any] = self._connection.execute(
            "SELECT key FROM live WHERE lease = ? ORDER BY key", (lease,)
        ).fetchall()
        outcome = transaction.apply(self, (), [Delete(key) for (key,) in keys])
        self._connection.execute("DELETE FROM lease WHERE id = ?", (lease,))
        return outcome

    # Compaction

    def compact(self, revision: int) -> Outcome:
        """Declare history before `revision` gone; rows go slice by slice. Raises Compacted, FutureRevision."""
        if revision <= self.compact_revision:
            raise Compacted(self.compact_revision)
        if revision > self.revision:
            raise FutureRevision(revision, self.revision)
        self.compact_revision = revision
        self._position = 0
        write_meta(self._connection, "compact_rev", revision)
        return NOTHING

    @property
    def has_compaction(self) -> bool:
        """Whether rows of a declared compaction are still there (also after a crash in the middle)."""
        return self._finished < self.compact_revision

    def compact_slice(self) -> None:
        """Drop what the next `SLICE_ROWS` log rows hold that no readable revision shows."""
        bound = (self.compact_revision + 1) << SUB_BITS
        ids: list[Any] = self._connection.execute(
            "SELECT id FROM log WHERE id >= ? AND id < ? ORDER BY id LIMIT ?", (self._position, bound, SLICE_ROWS)
        ).fetchall()
        if ids:
            self._drop(ids[0][0], ids[-1][0], bound)
            self._position = ids[-1][0] + 1
        if len(ids) < SLICE_ROWS:
            self._finished = self.compact_revision
            write_meta(self._connection, "finished_compact", self._finished)
            self._connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")

    def _drop(self, first: int, last: int, bound: int) -> None:
        self._connection.execute(
            "DELETE FROM log WHERE id BETWEEN ? AND ? AND ("
            " EXISTS (SELECT 1 FROM log AS newer WHERE newer.key = log.key AND newer.id > log.id AND newer.id < ?)"
            " OR (version = 0 AND id < ?))",
            (first, last, bound, self.compact_revision << SUB_BITS),
        )
