"""Version ids: 32 lower-case hex digits = (2⁶⁴−1−sequence) ‖ 8 random bytes kept in the record.

So a version is found directly, ids sort by position (newest first) and cannot be guessed. The version without an id
of its own is called `null`.
"""

from __future__ import annotations

from typing import NamedTuple

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.errors import S3Error

NULL = "null"
TAIL_BYTES = 8
_HEX_DIGITS = frozenset("0123456789abcdef")


class VersionRef(NamedTuple):
    """A parsed version id. The null version has no sequence in its id: `is_null`, and both fields are empty."""

    sequence: int
    tail: bytes

    @property
    def is_null(self) -> bool:
        return not self.tail


NULL_REF = VersionRef(0, b"")


def text(sequence: int, tail: bytes) -> str:
    """The id clients see."""
    return (key_space.inverted(sequence) + tail).hex() if tail else NULL


def parse(value: str) -> VersionRef:
    """Raises S3Error InvalidArgument for anything that cannot be an id of this store."""
    if value == NULL:
        return NULL_REF
    if len(value) != 32 or not _HEX_DIGITS.issuperset(value):
        raise S3Error(
            "InvalidArgument",
            "Invalid version id specified",
            fields={"ArgumentName": "versionId", "ArgumentValue": value},
        )
    raw = bytes.fromhex(value)
    return VersionRef(key_space.sequence_of(raw[:8]), raw[8:])
