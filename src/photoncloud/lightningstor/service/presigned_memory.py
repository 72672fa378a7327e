"""Presigned requests that were verified already. The same URL comes again and again: from browsers that read in
ranges, from caches that revalidate, from pages that show the same picture.

A verification is a pure function of the request's bytes and the signing key, so it is remembered by all of them:
method, target and every header field as sent, and the key itself. What may have changed since is asked anew each
time: whether the key still exists, and whether the URL's time has come and not passed.
"""

from __future__ import annotations

from photoncloud.backends.auth.iam.sigv4 import Mechanism, ParsedSignature
from photoncloud.backends.auth.port import Authentication, ImmediateAuth
from photoncloud.lightningstor.core.http_message import Headers, Request

REMEMBERED = 1024
"""URLs; with the two limits below some 3 MiB at most."""
TARGET_LIMIT_BYTES = 2048
FIELD_LIMIT = 24
"""Longer targets and more fields are verified each time."""
_NS_PER_SEC = 1_000_000_000

_Key = tuple[str, bytes, Headers]


class PresignedMemory:
    """Works with a backend that answers at once."""

    def __init__(self, auth: ImmediateAuth, max_skew_sec: int) -> None:
        self._auth = auth
        self._max_skew_sec = max_skew_sec
        self._verified: dict[_Key, Authentication] = {}

    def recall(self, request: Request) -> Authentication | None:
        """What verification would find, or None when it must be done."""
        found = self._verified.get((request.method, request.target, request.headers))
        if found is None or found.signature is None:
            return None
        signature = found.signature
        credential = self._auth.resolve_now(signature.access_key_id)
        key = self._auth.signing_key_now(signature.access_key_id, signature.date, signature.region, signature.service)
        if credential is None or key != found.signing_key or not self._is_in_time(signature, request.received_ns):
            return None
        return Authentication(credential.principal, signature, found.signing_key)

    def remember(self, request: Request, found: Authentication) -> None:
        """Keep a verification, if it is one of a presigned request with a lasting key."""
        signature = found.signature
        if signature is None or signature.mechanism is not Mechanism.QUERY or signature.security_token is not None:
            return
        if len(request.target) > TARGET_LIMIT_BYTES or len(request.headers) > FIELD_LIMIT:
            return
        if len(self._verified) >= REMEMBERED:
            del self._verified[next(iter(self._verified))]
        self._verified[request.method, request.target, request.headers] = found

    def _is_in_time(self, signature: ParsedSignature, now_ns: int) -> bool:
        now_sec, expires_sec = now_ns // _NS_PER_SEC, signature.expires_sec or 0
        return signature.signed_at_sec - self._max_skew_sec <= now_sec <= signature.signed_at_sec + expires_sec
