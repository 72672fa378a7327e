"""Buckets by name with their configuration, kept in memory and dropped whenever one of their rows changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.bucket_name import LONGEST_NAME
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.ports import Index

Parsed = TypeVar("Parsed")

CACHED_BUCKETS = 4096
"""Buckets kept decoded; a bucket with all its documents is some ten KiB at most."""
_DOCUMENT_LIMIT = 64
"""More kinds of documents than a bucket can have."""


@dataclass(frozen=True, slots=True)
class Document:
    """A stored configuration document (policy JSON, cors XML, …) and the revision of its row."""

    content: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket as of one snapshot. `documents` maps a kind of `core.key_space` (`policy`, `cors`, …) to its row."""

    record: BucketRecord
    revision: int
    lives_revision: int
    """Revision of the "lives" row, compared by every object write."""
    documents: Mapping[str, Document]
    _parsed: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    def parsed(self, kind: str, parse: Callable[[bytes], Parsed]) -> Parsed | None:
        """The document of `kind` parsed once, or None when there is none."""
        document = self.documents.get(kind)
        if document is None:
            return None
        if kind not in self._parsed:
            self._parsed[kind] = parse(document.content)
        return cast(Parsed, self._parsed[kind])


class BucketDirectory:
    """Buckets by name. Whoever changes a bucket's rows calls `forget`, before it answers."""

    def __init__(self, index: Index, capacity: int = CACHED_BUCKETS) -> None:
        self._index = index
        self._capacity = capacity
        self._known: OrderedDict[str, Bucket] = OrderedDict()
        self._changes = 0
        """Counts `forget` calls: what was read while a change happened is not kept."""

    def known(self, name: str) -> Bucket | None:
        """The bucket, when it is in memory."""
        return self._known.get(name)

    async def get(self, name: str) -> Bucket | None:
        """The bucket as of now, or None when there is none of this name."""
        bucket = self._known.get(name)
        if bucket is not None:
            return bucket
        changes = self._changes
        bucket = await self._read(name)
        if bucket is not None and changes == self._changes:
            self._known[name] = bucket
            if len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return bucket

    def forget(self, name: str) -> None:
        """A row of this bucket changed, or may have."""
        self._changes += 1
        self._known.pop(name, None)

    async def _read(self, name: str) -> Bucket | None:
        if len(name) > LONGEST_NAME:
            return None
        row = await self._index.get(key_space.bucket(name))
        if row is None:
            return None
        record = record_codec.decode_bucket(row.value)
        lives = await self._index.get(key_space.lives(record.id))
        return Bucket(record, row.revision, lives.revision if lives else 0, await self._documents(record.id))

    async def _documents(self, bucket_id: bytes) -> dict[str, Document]:
        start, end = key_space.bucket_documents(bucket_id)
        cursor = await self._index.cursor(start, end)
        try:
            await cursor.seek(start)
            rows = await cursor.take(_DOCUMENT_LIMIT)
        finally:
            cursor.close()
        return {row.key[len(start) :].decode("ascii"): Document(row.value, row.revision) for row in rows}
