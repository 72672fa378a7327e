"""`put` and `delete` as transactions: one meaning of `expected_revision` for all adapters."""

from __future__ import annotations

from collections.abc import Sequence

from photoncloud.backends.metadata.errors import RevisionMismatch
from photoncloud.backends.metadata.port import Compare, Delete, Get, KeyValue, Op, Put, TxnResult, Written, modified_at

Arguments = tuple[Sequence[Compare], Sequence[Op], Sequence[Op]]


def put_transaction(key: bytes, value: bytes, expected_revision: int | None, lease: int) -> Arguments:
    """Arguments of `txn` for a put; read its result with `written`."""
    return _conditional(key, Put(key, value, lease, previous=True), expected_revision)


def delete_transaction(key: bytes, expected_revision: int | None) -> Arguments:
    """Arguments of `txn` for a delete; read its result with `written`."""
    return _conditional(key, Delete(key, previous=True), expected_revision)


def _conditional(key: bytes, operation: Op, expected_revision: int | None) -> Arguments:
    if expected_revision is None:
        return (), (operation,), ()
    return (modified_at(key, expected_revision),), (operation,), (Get(key),)


def written(result: TxnResult, key: bytes, expected_revision: int | None) -> Written:
    """The `Written` of such a transaction. Raises RevisionMismatch when it lost."""
    response = result.responses[0]
    if result.succeeded and isinstance(response, Written):
        return response
    actual = response.mod_revision if isinstance(response, KeyValue) else 0
    raise RevisionMismatch(key, expected_revision or 0, actual)
