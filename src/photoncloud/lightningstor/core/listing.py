"""The one walk behind every paged list of keys (§5.7): objects, versions and uploads.

A `Walk` is a state machine without I/O. It consumes entries in order and says what it wants next: more entries, or a
seek over a common prefix. Its work is proportional to what the page shows, not to the keys below a prefix. Positions
and bounds are *escaped keys* (`key_space.escape`) without family and bucket; the caller adds those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from photoncloud.lightningstor.core import key_space, token
from photoncloud.lightningstor.errors import S3Error

PAGE_MAX = 1000
_FIRST_BATCH = 4
_BATCH_MAX = 512
"""Rows fetched at once: few after a seek, because the next row may lie behind another common prefix."""

_PARAMETER_MAX = 2_147_483_647

Value = TypeVar("Value")


class Entry(NamedTuple, Generic[Value]):
    """One row of a walk: its escaped position (with what orders rows of one key), the key, and what it shows."""

    position: bytes
    key: bytes
    value: Value


class CommonPrefix(NamedTuple):
    prefix: bytes


class Walk(Generic[Value]):
    """One page. Feed entries from `start` on until `feed` says it is complete.

    After `feed` returned True: `seek` (when not None) is where to go first, `want` how many entries to fetch.
    After it returned False, or the entries ended (`finish`): `entries`, `prefixes`, `is_truncated`, `last`.
    """

    __slots__ = (
        "_cut",
        "_delimiter",
        "_limit",
        "_prefix",
        "_start",
        "entries",
        "is_truncated",
        "last",
        "prefixes",
        "seek",
        "want",
    )

    def __init__(self, prefix: bytes, delimiter: bytes, start: bytes, limit: int) -> None:
        self._prefix = prefix
        self._delimiter = delimiter
        self._limit = limit
        self._cut = len(prefix)
        self._start = max(start, key_space.escape_prefix(prefix))
        self.entries: list[Entry[Value]] = []
        self.prefixes: list[bytes] = []
        self.is_truncated = False
        self.last: Entry[Value] | CommonPrefix | None = None
        self.seek: bytes | None = self._start
        self.want = _FIRST_BATCH if delimiter else min(limit + 1, _BATCH_MAX)

    def feed(self, batch: Sequence[Entry[Value]]) -> bool:
        """Consume a batch (fewer than `want` entries: the range ended). True: go on."""
        is_end = len(batch) < self.want
        self.seek = None
        if self._delimiter:
            return self._feed_delimited(batch) and not is_end
        return self._feed_plain(batch) and not is_end

    def _feed_plain(self, batch: Sequence[Entry[Value]]) -> bool:
        room = self._limit - len(self.entries)
        taken = batch if len(batch) <= room else batch[:room]
        if self._prefix and taken and not taken[-1].key.startswith(self._prefix):
            taken = [entry for entry in taken if entry.key.startswith(self._prefix)]
            self._append(taken)
            return False
        self._append(taken)
        if len(batch) > room:
            self.is_truncated = batch[room].key.startswith(self._prefix)
            return False
        self.want = min(self._limit - len(self.entries) + 1, _BATCH_MAX)
        return True

    def _append(self, taken: Sequence[Entry[Value]]) -> None:
        self.entries.extend(taken)
        if taken:
            self.last = taken[-1]

    def _feed_delimited(self, batch: Sequence[Entry[Value]]) -> bool:
        prefix, delimiter, cut = self._prefix, self._delimiter, self._cut
        skipped: bytes | None = None
        for entry in batch:
            key = entry.key
            if skipped is not None and key.startswith(skipped):
                continue
            skipped = None
            if not key.startswith(prefix):
                return False
            if len(self.entries) + len(self.prefixes) >= self._limit:
                self.is_truncated = True
                return False
            found = key.find(delimiter, cut)
            if found < 0:
                self.entries.append(entry)
                self.last = entry
                continue
            skipped = key[: found + len(delimiter)]
            self.prefixes.append(skipped)
            self.last = CommonPrefix(skipped)
        self._plan_next(skipped)
        return True

    def _plan_next(self, skipped: bytes | None) -> None:
        """Seek when the batch ended inside a common prefix; otherwise fetch a larger batch."""
        if skipped is not None:
            self.seek = key_space.prefix_end(key_space.escape_prefix(skipped))
            self.want = _FIRST_BATCH
        else:
            left = self._limit - len(self.entries) - len(self.prefixes)
            self.want = max(min(self.want * 4, left + 1, _BATCH_MAX), 1)


def after_key(key: bytes) -> bytes:
    """The position behind every row of exactly this key (object, versions, uploads)."""
    return key_space.prefix_end(key_space.escape(key))


def after_prefix(prefix: bytes) -> bytes:
    """The position behind every key that begins with `prefix`."""
    return key_space.prefix_end(key_space.escape_prefix(prefix))


def after_marker(marker: bytes, prefix: bytes, delimiter: bytes) -> bytes:
    """Where a list goes on after a marker that may be a key or a common prefix of the page before."""
    if not marker:
        return b""
    if delimiter and marker.startswith(prefix):
        found = marker.find(delimiter, len(prefix))
        if found >= 0 and found + len(delimiter) == len(marker):
            return after_prefix(marker)
    return after_key(marker)


def after_token(kind: bytes, position: bytes) -> bytes:
    """Where the token of `token.seal` goes on."""
    return after_prefix(position) if kind == token.AFTER_PREFIX else after_key(position)


def token_position(last: Entry[Value] | CommonPrefix) -> tuple[bytes, bytes]:
    """(kind, position) of the token for what a page ended with."""
    if isinstance(last, CommonPrefix):
        return token.AFTER_PREFIX, last.prefix
    return token.AFTER_KEY, last.key


# Parameters.


def page_limit(text: str | None, name: str) -> tuple[int, int]:
    """(entries to show, value to echo) of `max-keys` and its kin. Raises S3Error InvalidArgument."""
    if text is None or text == "":
        return PAGE_MAX, PAGE_MAX
    digits = text[1:] if text[0] in "+-" else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        raise _bad_limit(f"Provided {name} not an integer or within integer range", name, text)
    value = int(text)
    if text[0] == "-" and value < 0:
        argument = "".join(part.capitalize() if at else part for at, part in enumerate(name.split("-")))
        message = f"Argument {argument} must be an integer between 0 and {_PARAMETER_MAX}"
        raise _bad_limit(message, name, text)
    if value > _PARAMETER_MAX:
        raise _bad_limit(f"Provided {name} not an integer or within integer range", name, text)
    return min(value, PAGE_MAX), value


def _bad_limit(message: str, name: str, text: str) -> S3Error:
    return S3Error("InvalidArgument", message, fields={"ArgumentName": name, "ArgumentValue": text})


def check_encoding(text: str | None) -> bool:
    """Whether keys go out URL-encoded. Raises S3Error InvalidArgument."""
    if text is None or text == "":
        return False
    if text.lower() != "url":
        fields = {"ArgumentName": "encoding-type", "ArgumentValue": text}
        raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request", fields=fields)
    return True
