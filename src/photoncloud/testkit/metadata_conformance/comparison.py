"""Random calls on two stores: values, revisions, events and errors must be equal.

`programs()` is a Hypothesis strategy of call sequences over a handful of keys, so that calls meet; `run(store, calls)`
gives everything observable as plain values, ready to be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from photoncloud.backends.metadata.port import (
    OPEN_END,
    Batch,
    Compare,
    Delete,
    Get,
    LimitExceeded,
    MetadataError,
    MetadataStore,
    Page,
    Put,
    Range,
    Relation,
    RevisionMismatch,
    Target,
    Txn,
    TxnResult,
)

KEYS = [b"\0", b"a", b"a\0", b"b", b"b\xff", b"k", b"k1", b"k1\0", b"k2", b"\xff"]


class PutCall(NamedTuple):
    key: bytes
    value: bytes
    expected: str
    """"any", "absent", "current" or "old": which revision the call expects."""


class DeleteCall(NamedTuple):
    key: bytes
    expected: str


class ScanCall(NamedTuple):
    start: bytes
    end: bytes
    limit: int
    keys_only: bool
    count_only: bool


Call = PutCall | DeleteCall | ScanCall | Txn

_keys = st.sampled_from(KEYS)
_ends = st.sampled_from([*KEYS[1:], b"", OPEN_END, b"l"])
_values = st.sampled_from([b"", b"1", b"22", b"x" * 70])
_expected = st.sampled_from(["any", "any", "absent", "current", "old"])
_numbers = st.builds(
    Compare,
    _keys,
    st.sampled_from([Target.VERSION, Target.CREATE, Target.MOD, Target.LEASE]),
    st.sampled_from(Relation),
    st.integers(0, 6),
    _ends | st.just(b""),
)
_value_compares = st.builds(
    Compare, _keys, st.just(Target.VALUE), st.sampled_from(Relation), _values, _ends | st.just(b"")
)
_simple = st.one_of(
    st.builds(Put, _keys, _values, st.just(0), st.booleans()),
    st.builds(Delete, _keys, st.just(b"") | _ends, st.booleans()),
    st.builds(Get, _keys),
    st.builds(Range, _keys, _ends, st.integers(0, 3), st.booleans(), st.booleans()),
)


def _transactions(operations: st.SearchStrategy[Any]) -> st.SearchStrategy[Txn]:
    return st.builds(
        Txn,
        st.lists(_numbers | _value_compares, max_size=2),
        st.lists(operations, max_size=4),
        st.lists(operations, max_size=2),
    )


def programs() -> st.SearchStrategy[list[Call]]:
    """Sequences of calls."""
    nested = _transactions(_simple | _transactions(_simple))
    calls = st.one_of(
        st.builds(PutCall, _keys, _values, _expected),
        st.builds(DeleteCall, _keys, _expected),
        st.builds(ScanCall, _keys, _ends, st.integers(0, 4), st.booleans(), st.booleans()),
        nested,
    )
    return st.lists(calls, min_size=1, max_size=25)


async def run(store: MetadataStore, calls: Sequence[Call]) -> list[Any]:
    """Everything observable of a sequence of calls: answers, errors, then all events and the final content."""
    watch = store.watch(b"\0", OPEN_END, previous=True)
    seen = [_normal(await _observe(store, call)) for call in calls]
    final = await store.scan(b"\0", OPEN_END)
    seen.append(final)
    batches: list[Batch] = []
    while not batches or batches[-1].revision < final.revision:
        if final.revision == 1:
            break
        batches.append(await anext(watch))
    return [*seen, *(batch for batch in batches if not batch.bookmark)]


async def _observe(store: MetadataStore, call: Call) -> Any:
    try:
        if isinstance(call, Txn):
            return await store.txn(*call)
        if isinstance(call, ScanCall):
            return await store.scan(
                call.start, call.end, limit=call.limit, keys_only=call.keys_only, count_only=call.count_only
            )
        expected = await _revision(store, call)
        if isinstance(call, PutCall):
            return await store.put(call.key, call.value, expected_revision=expected)
        return await store.delete(call.key, expected_revision=expected)
    except RevisionMismatch as error:
        return error.code, error.key, error.expected, error.actual
    except LimitExceeded as error:
        return error.code, error.limit
    except MetadataError as error:
        return error.code


async def _revision(store: MetadataStore, call: PutCall | DeleteCall) -> int | None:
    if call.expected in ("any", "absent"):
        return None if call.expected == "any" else 0
    current = await store.get(call.key)
    actual = current.mod_revision if current is not None else 0
    return actual if call.expected == "current" else max(actual - 1, 0)


def _normal(seen: Any) -> Any:
    """The count of a page that was cut is the adapter's own business."""
    if isinstance(seen, Page) and seen.more:
        return seen._replace(count=-1)
    if isinstance(seen, TxnResult):
        return seen._replace(responses=tuple(_normal(response) for response in seen.responses))
    return seen
