"""The contract of the metadata port: an ordered key-value store with revisions in etcd's sense.

Keys are 1 to `limits.key_bytes` bytes, ordered bytewise; ranges are those of `prefixes`. A fresh store is at
revision 1; every call that changes something makes exactly one new revision, a call that changes nothing makes
none. All reads are linearizable. Values, revisions and errors are the same on every adapter; what an adapter cannot
do it does not list in `capabilities` and refuses with `Unsupported`.

`MetadataStore` is what components are written against. `LocalMetadata` adds the calls only an engine in this very
process can offer (reads without awaiting, cursors, transactions without a coroutine).
"""

from __future__ import annotations

import enum
from asyncio import Future
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

from photoncloud.backends.metadata.errors import (
    BackendUnavailable,
    Compacted,
    FutureRevision,
    InvalidRequest,
    LeaseNotFound,
    LimitExceeded,
    MetadataError,
    OutOfSpace,
    PermissionDenied,
    RevisionMismatch,
    Unsupported,
)
from photoncloud.backends.metadata.prefixes import OPEN_END, prefix_end

__all__ = [
    "OPEN_END",
    "BackendUnavailable",
    "Batch",
    "Compacted",
    "Compare",
    "Cursor",
    "Delete",
    "Durability",
    "Event",
    "EventKind",
    "FutureRevision",
    "Get",
    "InvalidRequest",
    "KeyValue",
    "Lease",
    "LeaseNotFound",
    "LimitExceeded",
    "Limits",
    "LocalMetadata",
    "MetadataError",
    "MetadataStore",
    "Op",
    "OutOfSpace",
    "Page",
    "PermissionDenied",
    "Put",
    "Range",
    "Relation",
    "Response",
    "RevisionMismatch",
    "Target",
    "Txn",
    "TxnResult",
    "Unsupported",
    "Written",
    "absent",
    "exists",
    "modified_at",
    "prefix_end",
]


class KeyValue(NamedTuple):
    """One key. `create_revision`, `mod_revision` and `version` (puts since creation) are etcd's; `lease` 0 = none."""

    key: bytes
    value: bytes
    create_revision: int
    mod_revision: int
    version: int
    lease: int = 0


class Written(NamedTuple):
    """Result of a put or delete: the store's `revision` after it, how many keys a delete removed, what was there.

    `previous` is filled by `MetadataStore.put` and `.delete`, and in a transaction when the operation asks for it.
    """

    revision: int
    deleted: int = 0
    previous: KeyValue | None = None


class Page(NamedTuple):
    """Rows of a scan in key order. `more`: the limit cut it; `count`: keys in the whole range at `revision`.

    When `more` is set `count` may be any number above `len(items)` (an engine that would have to read on to know it
    does not); ask with `count_only` for the exact one. On a page of `LocalMetadata.scan_now` it counts the page.
    """

    items: tuple[KeyValue, ...]
    more: bool
    count: int  # type: ignore[assignment]  # the contract's name; hides tuple.count, which nobody calls on a page
    revision: int


class EventKind(enum.IntEnum):
    PUT = 0
    DELETE = 1


class Event(NamedTuple):
    """One change. A delete's `current` carries only key and mod_revision. `previous` only when the watch asked."""

    kind: EventKind
    current: KeyValue
    previous: KeyValue | None = None


class Batch(NamedTuple):
    """All events of one revision. `bookmark`: no events, everything up to `revision` was delivered.

    `resync` (only from `list_then_watch`): the events are the whole content of the range; forget what was known.
    """

    revision: int
    events: tuple[Event, ...]
    bookmark: bool = False
    resync: bool = False


class Target(enum.IntEnum):
    """What a compare looks at. A missing key counts as 0; `VALUE` of a missing key makes every compare false."""

    VERSION = 0
    CREATE = 1
    MOD = 2
    VALUE = 3
    LEASE = 4


class Relation(enum.IntEnum):
    EQUAL = 0
    GREATER = 1
    LESS = 2
    NOT_EQUAL = 3


class Compare(NamedTuple):
    """`target of key  op  operand`, judged on the state before the transaction.

    With `end` it must hold for every key of the range; an empty range counts as one missing key.
    """

    key: bytes
    target: Target
    op: Relation
    operand: int | bytes
    end: bytes = b""


def absent(key: bytes) -> Compare:
    """True if `key` does not exist."""
    return Compare(key, Target.CREATE, Relation.EQUAL, 0)


def exists(key: bytes) -> Compare:
    """True if `key` exists."""
    return Compare(key, Target.CREATE, Relation.GREATER, 0)


def modified_at(key: bytes, revision: int) -> Compare:
    """True if `key` was last written at `revision`; 0 = does not exist. The compare form of `expected_revision`."""
    return Compare(key, Target.MOD, Relation.EQUAL, revision)


class Put(NamedTuple):
    """Set `key`. `lease` attaches it (0 detaches). `previous` asks for the replaced row in `Written.previous`."""

    key: bytes
    value: bytes
    lease: int = 0
    previous: bool = False


class Delete(NamedTuple):
    """Delete one key or a range. `previous` works for one key; for a range put a `Range` before it."""

    key: bytes
    end: bytes = b""
    previous: bool = False


class Get(NamedTuple):
    """Read one key inside a transaction; sees the operations before it."""

    key: bytes


class Range(NamedTuple):
    """Read a range inside a transaction; sees the operations before it. `limit` 0 = no limit."""

    start: bytes
    end: bytes
    limit: int = 0
    keys_only: bool = False
    count_only: bool = False


class Txn(NamedTuple):
    """A transaction inside a transaction. Its compares, too, are judged on the state before the outermost one."""

    compare: Sequence[Compare]
    success: Sequence[Op]
    failure: Sequence[Op] = ()


class TxnResult(NamedTuple):
    """`responses` in request order: Put and Delete give `Written`, Get `KeyValue | None`, Range `Page`, Txn this.

    `revision` is the store's revision after the transaction. `succeeded=False` means the compares did not hold and
    `failure` was executed instead; that is not an error.
    """

    succeeded: bool
    revision: int
    responses: tuple[Response, ...]


Op: TypeAlias = Put | Delete | Get | Range | Txn
Response: TypeAlias = Written | KeyValue | Page | TxnResult | None


class Limits(NamedTuple):
    """Bounds of one call; over one of them: `LimitExceeded` and nothing happens."""

    key_bytes: int = 4096  # S3 keys are up to 1,024 bytes and grow when escaped
    value_bytes: int = 1024 * 1024
    transaction_bytes: int = 1536 * 1024 - 16 * 1024  # etcd's request limit less room for the envelope
    operations: int = 128  # etcd's max-txn-ops


class Lease(Protocol):
    """A lease granted by a store with the capability `leases`. When it ends its keys are deleted in one revision."""

    @property
    def id(self) -> int:
        """Positive 63-bit number for `put(lease=...)`."""
        ...

    @property
    def ttl_sec(self) -> int:
        """The granted time to live; may be higher than asked for (minimum 2 s)."""
        ...

    async def keep_alive(self) -> int:
        """Start the time to live anew; seconds granted, 0 = the lease is gone."""
        ...

    async def remaining(self) -> int:
        """Whole seconds left; -1 = the lease is gone."""
        ...

    async def revoke(self) -> None:
        """End the lease now, deleting its keys. Raises LeaseNotFound when it is gone already."""
        ...


class MetadataStore(Protocol):
    """The store every component is written against. Calls may come from any task of one event loop.

    Errors of every call: BackendUnavailable, LimitExceeded, InvalidRequest, PermissionDenied, Unsupported.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        """Subset of {"history", "leases", "shared", "durable"}."""
        ...

    @property
    def limits(self) -> Limits: ...

    async def get(self, key: bytes, *, revision: int = 0) -> KeyValue | None:
        """The key now, or at `revision` (needs "history"). Raises Compacted, FutureRevision."""
        ...

    async def put(self, key: bytes, value: bytes, *, expected_revision: int | None = None, lease: int = 0) -> Written:
        """Write one key. `expected_revision`: None = always, 0 = must not exist, n = must be at mod_revision n.

        Raises RevisionMismatch (nothing changed), LeaseNotFound. Not idempotent without `expected_revision`.
        """
        ...

    async def delete(self, key: bytes, *, expected_revision: int | None = None) -> Written:
        """Delete one key. Missing and unconditional: `deleted=0`, no new revision. Raises RevisionMismatch."""
        ...

    async def scan(
        self,
        start: bytes,
        end: bytes,
        *,
        limit: int = 0,
        revision: int = 0,
        keys_only: bool = False,
        count_only: bool = False,
    ) -> Page:
        """Rows of a range in key order. Continue with `start = last key + b"\\0"` and `revision = page.revision`.

        A set of pages read that way is one snapshot, on adapters without "history" as long as it is read promptly
        (else Compacted: start again). `keys_only` leaves values empty. Raises Compacted, FutureRevision.
        """
        ...

    async def txn(self, compare: Sequence[Compare], success: Sequence[Op], failure: Sequence[Op] = ()) -> TxnResult:
        """All compares hold -> `success`, else `failure`; atomic, one revision if anything changed.

        One key may be put at most once and not be put and deleted on one level (InvalidRequest). LeaseNotFound.
        """
        ...

    def watch(
        self, start: bytes, end: bytes, *, from_revision: int = 0, previous: bool = False
    ) -> AsyncIterator[Batch]:
        """Changes in revision order, all events of one revision in one batch; `from_revision` inclusive, 0 = new ones.

        The watch is registered when this returns, not at the first iteration. Ends only with Compacted,
        PermissionDenied, BackendUnavailable of a store that died, or by `aclose()`/`close()` of iterator or store.
        """
        ...

    async def grant(self, ttl_sec: int) -> Lease:
        """A new lease (capability "leases")."""
        ...

    async def close(self) -> None:
        """Finish accepted writes, end watches, release the store. A second call does nothing."""
        ...


class Durability(enum.Enum):
    """When a commit is acknowledged (stores in this process)."""

    GROUP = "group"  # after an fsync shared with the commits that waited together
    FSYNC = "fsync"  # after an fsync of its own
    ASYNC = "async"  # before the fsync; at most `async_flush_ms` of acknowledged commits can be lost


class Cursor(Protocol):
    """Reads one range of one published snapshot, whatever is written meanwhile. Not for use across threads.

    Holds resources of the engine until `close()`; use it as a context manager and within one request.
    """

    @property
    def revision(self) -> int:
        """The store's revision the cursor sees."""
        ...

    def seek(self, key: bytes) -> KeyValue | None:
        """The first row at or after `key` inside the range; None at the end."""
        ...

    def next(self) -> KeyValue | None:
        """The row after the last one returned; None at the end."""
        ...

    def take(self, count: int) -> list[KeyValue]:
        """Up to `count` rows after the last one returned: `next` in bulk."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Cursor: ...

    def __exit__(self, *exc_info: object) -> None: ...


@runtime_checkable
class LocalMetadata(MetadataStore, Protocol):
    """An engine in this process. Its `_now` calls answer at once from the last published (durable) revision.

    They take microseconds when the data is cached and are meant to be called on the event loop: point reads freely,
    scans and cursors with a small limit.
    """

    @property
    def published_revision(self) -> int:
        """The revision readers see; every acknowledged write is at or below it."""
        ...

    def get_now(self, key: bytes) -> KeyValue | None: ...

    def scan_now(self, start: bytes, end: bytes, *, limit: int, keys_only: bool = False) -> Page:
        """At most `limit` (> 0) rows; `count` is the number of rows on this page."""
        ...

    def cursor(self, start: bytes, end: bytes) -> Cursor:
        """A cursor before the first row of the range, on the snapshot published now."""
        ...

    def txn_nowait(
        self,
        compare: Sequence[Compare],
        success: Sequence[Op],
        failure: Sequence[Op] = (),
        *,
        durability: Durability | None = None,
        makes_room: bool = False,
    ) -> Future[TxnResult]:
        """`txn` without a coroutine; `durability` may only raise what the store is configured with.

        `makes_room` says that the transaction is part of deleting although it puts small rows: a store whose disk is
        full takes it from its reserve. Transactions that only delete need not say so.

        Raises LimitExceeded, InvalidRequest and (too many wait) BackendUnavailable at once; all other errors come
        through the future. Cancelling the future does not take the transaction back.
        """
        ...
