"""Changing many keys of a bucket at once: as few transactions as the limit allows, each key atomic by itself.

Keys share a transaction only to share its fsync. When it loses a race, each of them goes through `Commits.change`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic

from photoncloud.lightningstor.core.transaction import OPERATION_LIMIT, Compare, Delete, Put, Transaction
from photoncloud.lightningstor.core.versioning import Head, Place
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace, S3Error
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.commits import Commits, Plan, WriteOptions, head_at
from photoncloud.lightningstor.service.head_cache import HeadCache
from photoncloud.lightningstor.service.version_reader import VersionReader

Failure = S3Error | IndexUnavailable | OutOfSpace
Planner = Callable[[Place, Head], Awaitable[Plan]]


@dataclass(slots=True)
class _Batch(Generic[Plan]):
    """Planned changes that will be committed together, their keys pending in the cache."""

    members: list[tuple[int, Place, Plan]] = field(default_factory=list)
    compares: dict[bytes, Compare] = field(default_factory=dict)
    changes: dict[bytes, Put | Delete] = field(default_factory=dict)
    """By row: two keys may give up the same blob."""
    makes_room: bool = True
    is_open: bool = True

    def has_room(self, transaction: Transaction) -> bool:
        return len(self.changes) + len(transaction.changes) <= OPERATION_LIMIT and (
            len(self.compares) + len(transaction.compares) <= OPERATION_LIMIT
        )

    def add(self, at: int, place: Place, planned: Plan, transaction: Transaction) -> None:
        self.members.append((at, place, planned))
        self.compares.update((compare.key, compare) for compare in transaction.compares)
        self.changes.update((change.key, change) for change in transaction.changes)
        self.makes_room = self.makes_room and transaction.makes_room

    def transaction(self) -> Transaction:
        return Transaction(tuple(self.compares.values()), tuple(self.changes.values()), self.makes_room)


class KeyBatches:
    def __init__(self, index: Index, cache: HeadCache, reader: VersionReader, commits: Commits) -> None:
        self.index = index
        self.cache = cache
        self.reader = reader
        self.commits = commits

    async def change(
        self, bucket: Bucket, changes: Sequence[tuple[bytes, Planner[Plan]]], options: WriteOptions
    ) -> list[Plan | Failure]:
        """The outcome of every change, in order; a key may occur several times and is then changed in that order."""
        run = _Run(self, bucket, changes, options)
        try:
            async with asyncio.TaskGroup() as group:
                for at in range(len(changes)):
                    await run.take(at, group)
                run.start(group)
        finally:
            run.abandon()
        return [outcome for outcome in run.outcomes if outcome is not None]


class _Run(Generic[Plan]):
    """One call of `KeyBatches.change`: the batch being filled and the outcomes so far."""

    def __init__(
        self, stores: KeyBatches, bucket: Bucket, changes: Sequence[tuple[bytes, Planner[Plan]]], options: WriteOptions
    ) -> None:
        self._stores = stores
        self._bucket = bucket
        self._changes = changes
        self._options = options
        self._batch: _Batch[Plan] = _Batch()
        self._open: list[_Batch[Plan]] = [self._batch]
        self.outcomes: list[Plan | Failure | None] = [None] * len(changes)

    async def take(self, at: int, group: asyncio.TaskGroup) -> None:
        """Plan one change and put it into the batch; a key that is being changed already waits for its turn."""
        key, planner = self._changes[at]
        place = self._stores.commits.place(self._bucket, key)
        rows = place.rows
        if not place.lives_revision or self._stores.cache.is_pending(rows):
            self.start(group)
            self.outcomes[at] = await self._alone(at)
            return
        try:
            planned = await planner(place, await self._stores.reader.head(rows))
        except (S3Error, IndexUnavailable) as error:
            self.outcomes[at] = error
            return
        transaction = planned.transaction
        if transaction is None:
            self.outcomes[at] = planned
            return
        if not self._batch.has_room(transaction):
            self.start(group)
            await asyncio.sleep(0)  # hand the batch over before more is planned
        self._stores.cache.begin(rows)
        self._batch.add(at, place, planned, transaction)

    def start(self, group: asyncio.TaskGroup) -> None:
        """Commit the batch in a task of its own, so that the next one is planned while this one is synced."""
        batch, self._batch = self._batch, _Batch()
        self._open.append(self._batch)
        if batch.members:
            group.create_task(self._commit(batch))

    def abandon(self) -> None:
        """Nothing of a batch whose task never ran was handed over: its keys are free again."""
        for batch in self._open:
            self._close(batch, 0)
        self._open.clear()

    def _close(self, batch: _Batch[Plan], revision: int) -> None:
        """Tell the cache what became of the keys of a batch; `revision` 0: nothing, or nobody knows."""
        for _, place, planned in batch.members if batch.is_open else ():
            self._stores.cache.end(place.rows, head_at(planned.head_after, revision) if revision else None)
        batch.is_open = False

    async def _commit(self, batch: _Batch[Plan]) -> None:
        revision = 0
        try:
            revision = await self._stores.index.commit(batch.transaction(), durability=self._options.durability)
        except CommitLost:
            pass
        except (IndexUnavailable, OutOfSpace) as error:
            for at, _, _ in batch.members:
                self.outcomes[at] = error
            return
        finally:
            self._close(batch, revision)
        for at, place, planned in batch.members:
            if revision:
                self._stores.commits.account(place, planned)
                self.outcomes[at] = planned
            else:
                self.outcomes[at] = await self._alone(at)

    async def _alone(self, at: int) -> Plan | Failure:
        key, planner = self._changes[at]
        try:
            return await self._stores.commits.change(self._bucket, key, planner, self._options)
        except (S3Error, IndexUnavailable, OutOfSpace) as error:
            return error
