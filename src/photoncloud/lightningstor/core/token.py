"""Continuation tokens: where a listing goes on, opaque to clients and impossible to make up.

base64url(version ‖ kind ‖ position ‖ HMAC-128), the HMAC keyed by a key of the store and bound to what the listing is
about (bucket, prefix, delimiter, …), so a token of one listing is refused by another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from photoncloud.lightningstor.errors import S3Error

TOKEN_KEY_BYTES = 32
AFTER_KEY = b"k"
AFTER_PREFIX = b"p"

_VERSION = b"\x01"
_MAC_BYTES = 16


def seal(store_key: bytes, about: Sequence[bytes], kind: bytes, position: bytes) -> str:
    """The token for going on after `position` (a key, or a common prefix) in the listing `about`."""
    payload = _VERSION + kind + position
    mac = _mac(store_key, about, payload)
    return base64.urlsafe_b64encode(payload + mac).decode("ascii").rstrip("=")


def open_token(store_key: bytes, about: Sequence[bytes], token: str) -> tuple[bytes, bytes]:
    """(kind, position). Raises S3Error InvalidArgument for anything `seal` did not make for this listing."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise _incorrect() from error
    payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    is_ours = hmac.compare_digest(mac, _mac(store_key, about, payload))
    if not is_ours or payload[:1] != _VERSION or payload[1:2] not in (AFTER_KEY, AFTER_PREFIX):
        raise _incorrect()
    return payload[1:2], payload[2:]


def _mac(store_key: bytes, about: Sequence[bytes], payload: bytes) -> bytes:
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (*about, payload))
    return hmac.new(store_key, message, hashlib.sha256).digest()[:_MAC_BYTES]


def _incorrect() -> S3Error:
    return S3Error(
        "InvalidArgument",
        "The continuation token provided is incorrect",
        fields={"ArgumentName": "continuation-token"},
    )
