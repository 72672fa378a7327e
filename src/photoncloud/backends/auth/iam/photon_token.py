"""`x-photon-token`, the credential of administrative gRPC calls (lightningstor.md §4.13).

`photon1.<access key id>.<unix seconds>.<hex HMAC-SHA256(secret, "photon1\\n" id "\\n" seconds "\\n" full method)>`
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from photoncloud.backends.auth.iam.errors import AuthError

SCHEME = "photon1"
MAX_SKEW_SEC = 900  # as for SigV4
MAX_LENGTH = 512  # 128 characters of id, 20 digits, 64 hex digits and the rest, with room
_SECONDS_DIGITS = 12
_NS_PER_SEC = 1_000_000_000
_DUMMY_SECRET = "0" * 40
_FIELDS_AFTER_ID = 2


class ParsedToken(NamedTuple):
    access_key_id: str
    unix_sec: int
    mac: str


def make_photon_token(access_key_id: str, secret: str, unix_sec: int, full_method: str) -> str:
    """`full_method` is `/package.Service/Method`."""
    return f"{SCHEME}.{access_key_id}.{unix_sec}.{_mac(access_key_id, secret, unix_sec, full_method)}"


def parse_photon_token(token: str, now_ns: int) -> ParsedToken:
    """Shape and time; raises `AuthError` with `InvalidToken` or `RequestTimeTooSkewed`."""
    scheme, _, rest = token.partition(".")
    parts = rest.rsplit(".", _FIELDS_AFTER_ID)  # an id may hold dots
    if scheme != SCHEME or len(token) > MAX_LENGTH or len(parts) != _FIELDS_AFTER_ID + 1 or not all(parts):
        raise _invalid("the token is malformed")
    access_key_id, seconds, mac = parts
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _SECONDS_DIGITS and token.isascii()):
        raise _invalid("the token is malformed")
    unix_sec = int(seconds)
    if abs(now_ns // _NS_PER_SEC - unix_sec) > MAX_SKEW_SEC:
        raise AuthError("RequestTimeTooSkewed", "the token's time and the server's time differ by too much", 401)
    return ParsedToken(access_key_id, unix_sec, mac)


def verify_photon_token(parsed: ParsedToken, secret: str | None, full_method: str) -> None:
    """Compare in constant time; `None` (unknown or disabled key) costs the same. Raises `InvalidToken`."""
    expected = _mac(parsed.access_key_id, secret or _DUMMY_SECRET, parsed.unix_sec, full_method)
    if not hmac.compare_digest(expected, parsed.mac) or secret is None:
        raise _invalid("the token does not verify")


def _mac(access_key_id: str, secret: str, unix_sec: int, full_method: str) -> str:
    message = f"{SCHEME}\n{access_key_id}\n{unix_sec}\n{full_method}"
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex()


def _invalid(message: str) -> AuthError:
    return AuthError("InvalidToken", message, 401)
