"""The one way a key is changed: read the head, plan, commit, and plan again when somebody else was first.

Changes of one key by this process wait for each other, so a commit is lost only to another process or to a change of
the bucket. What is raised tells what happened: S3Error and OutOfSpace mean nothing was written; after
IndexUnavailable or a cancellation the change may stand, and bytes it refers to must be left to the collector.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.plan_put import Draw
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.transaction import Transaction
from photoncloud.lightningstor.core.version_id import TAIL_BYTES
from photoncloud.lightningstor.core.versioning import Head, Place, Usage
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, S3Error
from photoncloud.lightningstor.ports import Durability, Index
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.head_cache import HeadCache
from photoncloud.lightningstor.service.usage import UsageLedger
from photoncloud.lightningstor.service.version_reader import VersionReader

COMMIT_ATTEMPTS = 16
"""Races a request may lose before it is told so."""
_STRENGTH: dict[str, int] = {"async": 0, "group": 1, "fsync": 2}


class KeyPlan(Protocol):
    """What plans of a key have in common. `head_after` None: the key has no head then."""

    @property
    def transaction(self) -> Transaction | None: ...

    @property
    def usage(self) -> Usage: ...

    @property
    def head_after(self) -> tuple[ObjectRecord, bytes] | None: ...


Plan = TypeVar("Plan", bound=KeyPlan)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a change is committed: whether the request had conditions, and the durability it asked for."""

    is_conditional: bool = False
    durability: Durability | None = None


ORDINARY = WriteOptions()


def asked_durability(value: str | None) -> Durability | None:
    """`x-photon-durability` of a request. Raises S3Error InvalidArgument for an unknown level."""
    if value is None:
        return None
    if value in _STRENGTH:
        return cast(Durability, value)
    fields = {"ArgumentName": "x-photon-durability", "ArgumentValue": value}
    raise S3Error("InvalidArgument", "The durability must be group or fsync", fields=fields)


def write_options(call: Call, *, is_conditional: bool = False) -> WriteOptions:
    """How a request wants its change committed. Raises S3Error InvalidArgument."""
    asked = call.request.fields.get(b"x-photon-durability")
    if asked is None and not is_conditional:
        return ORDINARY
    return WriteOptions(is_conditional, asked_durability(None if asked is None else asked.decode("latin-1")))


class Commits:
    """`level` is the configured durability; it may change while running."""

    def __init__(
        self,
        index: Index,
        cache: HeadCache,
        reader: VersionReader,
        usage: UsageLedger,
        now_ns: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        level: Durability = "group",
    ) -> None:
        self._index = index
        self._cache = cache
        self._reader = reader
        self._usage = usage
        self._now_ns = now_ns
        self._random = random_bytes
        self.level: Durability = level

    def effective(self, asked: Durability | None) -> Durability:
        """The level a write gets: the configured one, or a stronger one that was asked for."""
        return self.level if asked is None or _STRENGTH[asked] <= _STRENGTH[self.level] else asked

    def draw(self) -> Draw:
        """Time and random bytes for one plan."""
        return Draw(self._now_ns(), self._random(TAIL_BYTES), self._usage.newest_ms)

    def random_id(self) -> bytes:
        return self._random(key_space.ID_BYTES)

    @staticmethod
    def place(bucket: Bucket, key: bytes) -> Place:
        """A key of a bucket as the bucket was read. Without `lives_revision` it may not be changed: see `renewed`."""
        rows = key_space.place(bucket.record.id, key)
        return Place(bucket.record.id, key, rows, bucket.lives_revision, bucket.record.versioning_of(key))

    async def change(
        self,
        bucket: Bucket,
        key: bytes,
        plan: Callable[[Place, Head], Awaitable[Plan]],
        options: WriteOptions = ORDINARY,
    ) -> Plan:
        """Commit what `plan` makes of the head; it is called anew after every lost race.

        Raises what `plan` raises; S3Error ConditionalRequestConflict or SlowDown after COMMIT_ATTEMPTS lost races,
        NoSuchBucket, SlowDown while the bucket is being deleted; OutOfSpace, IndexUnavailable.
        """
        place = await self.living(bucket, key)
        rows = place.rows
        uncertain: IndexUnavailable | None = None
        for _ in range(COMMIT_ATTEMPTS):
            if self._cache.is_pending(rows):
                await self._cache.settled(rows)
            head = await self._reader.head(rows)
            try:
                planned = await plan(place, head)
            except S3Error as refusal:
                if uncertain is not None:
                    raise uncertain from refusal
                raise
            if planned.transaction is None:
                return planned
            try:
                await self._commit(place, planned, planned.transaction, options.durability)
            except CommitLost:
                place = await self.renewed(place, bucket)
            except IndexUnavailable as error:
                if not error.maybe_applied:
                    raise
                uncertain = error
                if await self._was_applied(rows, planned):
                    return planned
            else:
                return planned
        if uncertain is not None:
            raise uncertain
        raise S3Error("ConditionalRequestConflict" if options.is_conditional else "SlowDown")

    async def _commit(
        self, place: Place, planned: KeyPlan, transaction: Transaction, durability: Durability | None
    ) -> None:
        after: Head | None = None
        self._cache.begin(place.rows)
        try:
            revision = await self._index.commit(transaction, durability=durability)
            after = head_at(planned.head_after, revision)
        finally:
            self._cache.end(place.rows, after)
        self.account(place, planned)

    def account(self, place: Place, planned: KeyPlan) -> None:
        """Note a committed change in the totals of its bucket."""
        self._usage.add(place.bucket_id, planned.usage, self._now_ns() // 1_000_000)

    async def living(self, bucket: Bucket, key: bytes) -> Place:
        """A key of a bucket that takes writes. Raises S3Error NoSuchBucket, SlowDown.

        A bucket read while its "lives" row was away must be looked at again: comparing with an absent row would hold.
        """
        place = self.place(bucket, key)
        return place if place.lives_revision else await self.renewed(place, bucket)

    async def renewed(self, place: Place, bucket: Bucket) -> Place:
        """The place with the bucket's row as it is now. Raises S3Error NoSuchBucket, SlowDown."""
        name = bucket.record.name
        lives, row = await self._index.get_many((key_space.lives(place.bucket_id), key_space.bucket(name)))
        record = None if row is None else record_codec.decode_bucket(row.value)
        if record is None or record.id != place.bucket_id:
            raise S3Error("NoSuchBucket", fields={"BucketName": name})
        if lives is None:
            raise S3Error("SlowDown")
        return Place(place.bucket_id, place.key, place.rows, lives.revision, record.versioning_of(place.key))

    async def _was_applied(self, rows: bytes, planned: KeyPlan) -> bool:
        """Whether a commit of unknown outcome stands: the head is what it would have made, request id included."""
        head = await self._reader.head(rows)
        if planned.head_after is None:
            return head.record is None
        return head.record == planned.head_after[0]


def head_at(made: tuple[ObjectRecord, bytes] | None, revision: int) -> Head | None:
    """The head a commit at `revision` made."""
    if made is None:
        return None
    record, value = made
    if record.kind == "marker":
        return Head(record, value, marker_revision=revision)
    return Head(record, value, current_revision=revision)
