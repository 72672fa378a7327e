"""The one format of access keys (photonauth.md §4.2); randomness comes in as bytes.

An id is `AKIA` or `ASIA` and 16 characters `[A-Z2-7]`: 80 bits, of which 40 are a project hint, 32 random and 8 a
checksum. The hint only routes and is never trusted. A secret is 30 random bytes in base64, 40 characters.
"""

from __future__ import annotations

import base64
import hashlib
from enum import StrEnum

HINT_BYTES = 5
RANDOM_BYTES = 4
SECRET_BYTES = 30
ID_LENGTH = 20
SECRET_LENGTH = 40
FOREIGN_ID_MIN, FOREIGN_ID_MAX = 3, 128
NO_HINT = bytes(HINT_BYTES)
EXAMPLE_ID = "AKIAIOSFODNN7EXAMPLE"
"""The access key id that every S3 manual prints; servers refuse it outside loopback."""
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
_FOREIGN_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-")
_BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


class KeyKind(StrEnum):
    """The first four characters of an id."""

    LONG_LIVED = "AKIA"
    TEMPORARY = "ASIA"


def make_access_key_id(kind: KeyKind, random: bytes, hint: bytes = NO_HINT) -> str:
    """`random` 4 bytes, `hint` 5 bytes (zero in a standalone component)."""
    if len(random) != RANDOM_BYTES or len(hint) != HINT_BYTES:
        raise ValueError(f"an access key id takes {HINT_BYTES} bytes of hint and {RANDOM_BYTES} random bytes")
    payload = hint + random
    return kind + base64.b32encode(payload + _checksum(kind, payload)).decode()


def make_secret(random: bytes) -> str:
    """`random` 30 bytes."""
    if len(random) != SECRET_BYTES:
        raise ValueError(f"a secret takes {SECRET_BYTES} random bytes")
    return base64.b64encode(random).decode()


def has_valid_checksum(access_key_id: str) -> bool:
    """Whether the id is of our format and was not mistyped."""
    kind = access_key_id[:4]
    body = access_key_id[4:]
    if len(access_key_id) != ID_LENGTH or kind not in set(KeyKind) or not _BASE32.issuperset(body):
        return False
    payload = base64.b32decode(body)
    return payload[-1:] == _checksum(kind, payload[:-1])


def project_hint(access_key_id: str) -> bytes | None:
    """The 40-bit hint of an id of our format; says where to look first and nothing else."""
    return base64.b32decode(access_key_id[4:])[:HINT_BYTES] if has_valid_checksum(access_key_id) else None


def is_importable_id(access_key_id: str) -> bool:
    """Whether a key of another system can be taken over verbatim."""
    in_bounds = FOREIGN_ID_MIN <= len(access_key_id) <= FOREIGN_ID_MAX
    return in_bounds and _FOREIGN_CHARACTERS.issuperset(access_key_id)


def is_example_id(access_key_id: str) -> bool:
    return access_key_id == EXAMPLE_ID


def _checksum(kind: str, payload: bytes) -> bytes:
    return hashlib.sha256(b"photon-access-key:" + kind.encode() + payload).digest()[:1]
