"""A transaction over a key space: choose the path, check it, execute it (A4 of chainfire's behaviour list).

All compares, nested ones too, are judged on the state before the transaction; then every operation of the chosen path
is checked on that state; only then the first effect happens, so an error leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from photoncloud.backends.metadata.errors import LeaseNotFound
from photoncloud.backends.metadata.port import (
    Compare,
    Delete,
    Event,
    EventKind,
    Get,
    KeyValue,
    Op,
    Page,
    Put,
    Range,
    Relation,
    Response,
    Target,
    Txn,
    TxnResult,
    Written,
)


class Keyspace(Protocol):
    """What a transaction sees and changes. Reads see the changes made before them in the same transaction."""

    @property
    def revision(self) -> int:
        """The revision before the transaction; its changes get the next one."""
        ...

    def get(self, key: bytes) -> KeyValue | None: ...

    def range(
        self, start: bytes, end: bytes, *, limit: int = 0, keys_only: bool = False, count_only: bool = False
    ) -> tuple[tuple[KeyValue, ...], int]:
        """Rows in key order (at most `limit` unless 0) and how many keys the whole range has."""
        ...

    def has_lease(self, lease: int) -> bool: ...

    def store(self, current: KeyValue, previous: KeyValue | None) -> None:
        """Write a row at revision + 1."""
        ...

    def remove(self, previous: KeyValue) -> None:
        """Delete an existing row at revision + 1."""
        ...


class Outcome(NamedTuple):
    """The answer, and the events in the order the changes were made; no events = no new revision."""

    result: TxnResult
    events: tuple[Event, ...]


class _Path(NamedTuple):
    succeeded: bool
    steps: tuple[tuple[Op, _Path | None], ...]


def apply(keyspace: Keyspace, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op] = ()) -> Outcome:
    """Run a checked transaction (see `request`). Raises LeaseNotFound, without effect."""
    path = _choose(keyspace, Txn(compare, success, failure))
    _check(keyspace, path)
    events: list[Event] = []
    result = _execute(keyspace, path, events)
    return Outcome(result, tuple(events))


def holds(keyspace: Keyspace, compare: Compare) -> bool:
    """Whether one compare is true on the current state."""
    if not compare.end:
        return holds_for(keyspace.get(compare.key), compare)
    rows, _ = keyspace.range(compare.key, compare.end)
    return all(holds_for(row, compare) for row in rows) if rows else holds_for(None, compare)


def holds_for(row: KeyValue | None, compare: Compare) -> bool:
    """Whether a compare is true for one row; None = the key is missing."""
    target = compare.target
    if target is Target.VALUE:
        return row is not None and is_related(row.value, compare.op, compare.operand)
    if row is None:
        return is_related(0, compare.op, compare.operand)
    if target is Target.MOD:
        actual = row.mod_revision
    elif target is Target.CREATE:
        actual = row.create_revision
    elif target is Target.VERSION:
        actual = row.version
    else:
        actual = row.lease
    return is_related(actual, compare.op, compare.operand)


def is_related(actual: int | bytes, op: Relation, operand: int | bytes) -> bool:
    """`actual op operand`; both are numbers or both are bytes."""
    if op is Relation.EQUAL:
        return actual == operand
    if op is Relation.NOT_EQUAL:
        return actual != operand
    if op is Relation.GREATER:
        return actual > operand  # type: ignore[operator]  # request.py refused mixed kinds
    return actual < operand  # type: ignore[operator]


def _choose(keyspace: Keyspace, txn: Txn) -> _Path:
    succeeded = all(holds(keyspace, compare) for compare in txn.compare)
    chosen = txn.success if succeeded else txn.failure
    return _Path(succeeded, tuple((op, _choose(keyspace, op) if isinstance(op, Txn) else None) for op in chosen))


def _check(keyspace: Keyspace, path: _Path) -> None:
    for operation, nested in path.steps:
        if nested is not None:
            _check(keyspace, nested)
        elif isinstance(operation, Put) and operation.lease and not keyspace.has_lease(operation.lease):
            raise LeaseNotFound(operation.lease)


def _execute(keyspace: Keyspace, path: _Path, events: list[Event]) -> TxnResult:
    responses: list[Response] = []
    for operation, nested in path.steps:
        if nested is not None:
            responses.append(_execute(keyspace, nested, events))
        elif isinstance(operation, Put):
            responses.append(_put(keyspace, operation, events))
        elif isinstance(operation, Delete):
            responses.append(_delete(keyspace, operation, events))
        elif isinstance(operation, Get):
            responses.append(keyspace.get(operation.key))
        elif isinstance(operation, Range):
            responses.append(_range(keyspace, operation, events))
    return TxnResult(path.succeeded, _revision(keyspace, events), tuple(responses))


def _revision(keyspace: Keyspace, events: list[Event]) -> int:
    return keyspace.revision + 1 if events else keyspace.revision


def _put(keyspace: Keyspace, put: Put, events: list[Event]) -> Written:
    revision = keyspace.revision + 1
    previous = keyspace.get(put.key)
    if previous is None:
        current = KeyValue(put.key, put.value, revision, revision, 1, put.lease)
    else:
        current = KeyValue(put.key, put.value, previous.create_revision, revision, previous.version + 1, put.lease)
    keyspace.store(current, previous)
    events.append(Event(EventKind.PUT, current, previous))
    return Written(revision, 0, previous if put.previous else None)


def _delete(keyspace: Keyspace, delete: Delete, events: list[Event]) -> Written:
    row = None if delete.end else keyspace.get(delete.key)
    rows = keyspace.range(delete.key, delete.end)[0] if delete.end else (row,) if row is not None else ()
    revision = keyspace.revision + 1
    for previous in rows:
        keyspace.remove(previous)
        events.append(Event(EventKind.DELETE, KeyValue(previous.key, b"", 0, revision, 0), previous))
    return Written(_revision(keyspace, events), len(rows), row if delete.previous else None)


def _range(keyspace: Keyspace, operation: Range, events: list[Event]) -> Page:
    items, count = keyspace.range(
        operation.start,
        operation.end,
        limit=operation.limit,
        keys_only=operation.keys_only,
        count_only=operation.count_only,
    )
    more = not operation.count_only and len(items) < count
    return Page(items, more, count, _revision(keyspace, events))
