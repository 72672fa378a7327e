"""Reads of the embedded engine: the newest state, any uncompacted revision, and the log for watches.

Each function runs on one connection; `snapshot` makes several of them one consistent read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from photoncloud.backends.metadata.engine.sqlite_schema import SUB_BITS, Connection, one, read_meta
from photoncloud.backends.metadata.errors import Compacted, FutureRevision
from photoncloud.backends.metadata.port import Event, EventKind, KeyValue, Page
from photoncloud.backends.metadata.prefixes import contains, upper_bound

_ALL = -1  # SQLite's "no limit"
Found = list[tuple[int, tuple[Event, ...]]]


@contextmanager
def snapshot(connection: Connection) -> Iterator[int]:
    """One consistent read; yields the revision it sees."""
    connection.execute("BEGIN")
    try:
        yield read_meta(connection, "current_rev")
    finally:
        connection.execute("COMMIT")


def get(connection: Connection, key: bytes) -> KeyValue | None:
    row = connection.execute(
        "SELECT log.value, live.create_rev, live.mod_rev, live.version, live.lease"
        " FROM live JOIN log ON log.id = live.id WHERE live.key = ?",
        (key,),
    ).fetchone()
    return None if row is None else KeyValue(key, *row)


def read_range(
    connection: Connection,
    start: bytes,
    end: bytes,
    *,
    limit: int = 0,
    keys_only: bool = False,
    count_only: bool = False,
) -> tuple[tuple[KeyValue, ...], int]:
    """Rows of the newest state and how many keys the range has."""
    where, bounds = _where("live.key", start, end)
    count: int = one(connection.execute(f"SELECT count(*) FROM live WHERE {where}", bounds))
    if count_only or not count:
        return (), count
    value, join = ("x''", "") if keys_only else ("log.value", "JOIN log ON log.id = live.id")
    rows = connection.execute(
        f"SELECT live.key, {value}, live.create_rev, live.mod_rev, live.version, live.lease"
        f" FROM live {join} WHERE {where} ORDER BY live.key LIMIT ?",
        (*bounds, limit or _ALL),
    )
    return tuple(KeyValue(*row) for row in rows), count


def read_page(
    connection: Connection, start: bytes, end: bytes, revision: int, limit: int, keys_only: bool, count_only: bool
) -> Page:
    """A page at `revision` (0 = now). Raises Compacted, FutureRevision."""
    with snapshot(connection) as current:
        check_revision(connection, revision, current)
        if revision <= 0 or revision == current:
            items, count = read_range(connection, start, end, limit=limit, keys_only=keys_only, count_only=count_only)
        else:
            rows = _rows_at(connection, start, end, revision)
            count = len(rows)
            items = () if count_only else tuple(rows[: limit or None])
            items = tuple(row._replace(value=b"") for row in items) if keys_only else items
        at = revision if revision > 0 else current
        return Page(items, not count_only and len(items) < count, count, at)


def check_revision(connection: Connection, revision: int, current: int) -> None:
    """Refuse a revision that is gone or not there yet."""
    if revision > current:
        raise FutureRevision(revision, current)
    compacted = read_meta(connection, "compact_rev")
    if 0 < revision < compacted:
        raise Compacted(compacted)


def read_events(connection: Connection, start: bytes, end: bytes, revision: int, limit: int) -> tuple[Found, int]:
    """Up to `limit` revisions with events in the range, with previous rows, and the revision reached."""
    with snapshot(connection) as current:
        check_revision(connection, min(revision, current), current)
        compacted = read_meta(connection, "compact_rev")
        found: dict[int, list[Event]] = {}
        reached = current
        rows = connection.execute(
            "SELECT id, key, value, create_rev, version, lease FROM log WHERE id >= ? ORDER BY id",
            (revision << SUB_BITS,),
        )
        for id_, key, *columns in rows:
            at = id_ >> SUB_BITS
            if not contains(start, end, key):
                continue
            if at not in found and len(found) == limit:
                reached = max(found)
                break
            found.setdefault(at, []).append(_event(connection, id_, key, columns, with_previous=at > compacted))
        return [(at, tuple(events)) for at, events in found.items()], reached


def _event(connection: Connection, id_: int, key: bytes, columns: list[Any], *, with_previous: bool) -> Event:
    current = _row(id_, key, *columns)
    previous = _last_before(connection, key, id_) if with_previous else None
    return Event(EventKind.PUT if current.version else EventKind.DELETE, current, previous)


def _rows_at(connection: Connection, start: bytes, end: bytes, revision: int) -> list[KeyValue]:
    """Rows as of an old revision: for each key of the log its last entry, by index steps."""
    where, bounds = _where("key", start, end)
    keys = [key for (key,) in connection.execute(f"SELECT DISTINCT key FROM log WHERE {where} ORDER BY key", bounds)]
    rows = (_last_before(connection, key, (revision + 1) << SUB_BITS) for key in keys)
    return [row for row in rows if row is not None]


def _last_before(connection: Connection, key: bytes, id_: int) -> KeyValue | None:
    found = connection.execute(
        "SELECT id, value, create_rev, version, lease FROM log WHERE key = ? AND id < ? ORDER BY id DESC LIMIT 1",
        (key, id_),
    ).fetchone()
    if found is None or not found[3]:
        return None
    return _row(found[0], key, *found[1:])


def _row(id_: int, key: bytes, value: bytes, create: int, version: int, lease: int) -> KeyValue:
    return KeyValue(key, value, create, id_ >> SUB_BITS, version, lease)


def _where(column: str, start: bytes, end: bytes) -> tuple[str, tuple[bytes, ...]]:
    bound = upper_bound(start, end)
    if bound is None:
        return f"{column} >= ?", (start,)
    return f"{column} >= ? AND {column} < ?", (start, bound)
