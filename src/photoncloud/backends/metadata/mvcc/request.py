"""What a call may look like: sizes, operation count and the rule that a key changes at most once (A4 of chainfire).

Everything here is decided before anything is sent or changed. Raises LimitExceeded and InvalidRequest.
"""

from __future__ import annotations

from collections.abc import Sequence

from photoncloud.backends.metadata.errors import InvalidRequest, LimitExceeded
from photoncloud.backends.metadata.port import OPEN_END, Compare, Delete, Get, Limits, Op, Put, Range, Target, Txn


def check_transaction(compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op], limits: Limits) -> int:
    """Refuse a transaction that breaks a rule of the port; returns its size in bytes."""
    size = _check_level(compare, success, failure, limits, limits.operations)[0]
    if size > limits.transaction_bytes:
        raise LimitExceeded("bytes of a transaction", size, limits.transaction_bytes)
    return size


def check_key(key: bytes, limits: Limits) -> None:
    """Refuse an empty or over-long key."""
    if not 0 < len(key) <= limits.key_bytes:
        _refuse_key(key, limits)


def check_range(start: bytes, end: bytes, limits: Limits) -> None:
    """Refuse a range whose bounds are no keys; an empty range is fine."""
    if not 0 < len(start) <= limits.key_bytes + 1 or len(end) > limits.key_bytes + 1:
        _refuse_key(start if not start or len(start) > limits.key_bytes else end, limits)


def _refuse_key(key: bytes, limits: Limits) -> None:
    if not key:
        raise InvalidRequest("a key is at least one byte long")
    raise LimitExceeded("bytes of a key", len(key), limits.key_bytes)


_Level = tuple[int, set[bytes], list[tuple[bytes, bytes]]]


def _check_level(
    compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op], limits: Limits, budget: int
) -> tuple[int, _Level, _Level]:
    widest = max(len(compare), len(success), len(failure))
    if widest > budget:
        raise LimitExceeded("operations of a transaction", widest, budget)
    size = 0
    for condition in compare:
        size += _check_compare(condition, limits)
    then = _check_branch(success, limits, budget - widest)
    otherwise = _check_branch(failure, limits, budget - widest) if failure else (0, set(), [])
    return size + then[0] + otherwise[0], then, otherwise


def _check_compare(condition: Compare, limits: Limits) -> int:
    key, target, _, operand, end = condition
    if not 0 < len(key) <= limits.key_bytes or end:
        check_range(key, end, limits)
    if isinstance(operand, bytes) is not (target is Target.VALUE):
        raise InvalidRequest(f"a compare of {target.name} cannot take {operand!r}")
    return len(key) + len(end) + (len(operand) if isinstance(operand, bytes) else 8)


def _check_branch(operations: Sequence[Op], limits: Limits, budget: int) -> _Level:
    """Size, keys put and intervals deleted by one branch; `budget` is what nested transactions may use."""
    size = 0
    puts: set[bytes] = set()
    deletes: list[tuple[bytes, bytes]] = []
    nested: list[Txn] = []
    key_bytes = limits.key_bytes
    for operation in operations:
        if isinstance(operation, Put):
            key, value = operation.key, operation.value
            if not 0 < len(key) <= key_bytes:
                _refuse_key(key, limits)
            if type(value) is not bytes or type(key) is not bytes:
                raise InvalidRequest("keys and values are bytes")
            if len(value) > limits.value_bytes:
                raise LimitExceeded("bytes of a value", len(value), limits.value_bytes)
            if key in puts:
                raise InvalidRequest(f"duplicate key {key!r} in a transaction")
            puts.add(key)
            size += len(key) + len(value)
        elif isinstance(operation, Txn):
            nested.append(operation)
        else:
            size += _check_other(operation, deletes, limits)
    if nested:
        size += _check_nested(nested, puts, deletes, limits, budget)
    elif deletes and puts:
        _refuse_overlap(puts, deletes)
    return size, puts, deletes


def _check_other(operation: Op, deletes: list[tuple[bytes, bytes]], limits: Limits) -> int:
    if isinstance(operation, Delete):
        check_range(operation.key, operation.end, limits) if operation.end else check_key(operation.key, limits)
        deletes.append((operation.key, operation.end))
        return len(operation.key) + len(operation.end)
    if isinstance(operation, Get):
        check_key(operation.key, limits)
        return len(operation.key)
    if isinstance(operation, Range):
        check_range(operation.start, operation.end, limits)
        return len(operation.start) + len(operation.end)
    raise InvalidRequest(f"{operation!r} is not an operation")


def _check_nested(
    nested: Sequence[Txn], own_puts: set[bytes], deletes: list[tuple[bytes, bytes]], limits: Limits, budget: int
) -> int:
    """Nested levels in request order: their puts meet this level's and earlier siblings' changes, not later ones."""
    size = 0
    seen: set[bytes] = set()
    for txn in nested:
        level_size, then, otherwise = _check_level(txn.compare, txn.success, txn.failure, limits, budget)
        size += level_size
        puts = then[1] | otherwise[1]
        if not puts.isdisjoint(seen):
            raise InvalidRequest(f"duplicate key {sorted(puts & seen)[0]!r} in a transaction")
        _refuse_overlap(puts, deletes)
        seen |= puts
        deletes += then[2]
        deletes += otherwise[2]
    if not seen.isdisjoint(own_puts):
        raise InvalidRequest(f"duplicate key {sorted(seen & own_puts)[0]!r} in a transaction")
    _refuse_overlap(own_puts, deletes)
    own_puts |= seen
    return size


def _refuse_overlap(puts: set[bytes], deletes: Sequence[tuple[bytes, bytes]]) -> None:
    for start, end in deletes:
        if not end or end == OPEN_END or end <= start:  # not expanded, as in etcd
            if start in puts:
                raise InvalidRequest(f"duplicate key {start!r} in a transaction")
        else:
            for key in puts:
                if start <= key < end:
                    raise InvalidRequest(f"duplicate key {key!r} in a transaction")
