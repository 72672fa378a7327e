"""Buckets by name with their configuration, kept in memory and dropped whenever one of their rows changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from photoncloud.lightningstor.core.records import BucketRecord

Parsed = TypeVar("Parsed")


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
