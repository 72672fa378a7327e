"""The signature of a browser form upload (AWS "Authenticating requests in browser-based uploads using POST").

The string to sign is the base64 policy field itself, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping

from photoncloud.backends.auth.iam import sigv4_errors as refuse
from photoncloud.backends.auth.iam.sigv4 import NS_PER_SEC, Mechanism, ParsedSignature
from photoncloud.backends.auth.iam.sigv4_scope import PRESIGN_MAX_SEC, SigV4Rules, parse_scope
from photoncloud.backends.auth.iam.timestamps import parse_amz_date

PostForm = Mapping[str, str]
"""Form fields, names in lower case; the file is not among them."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_SHOWN_NAMES = {
    "policy": "policy",
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
    "x-amz-signature": "X-Amz-Signature",
}
_V2_FIELDS = ("awsaccesskeyid", "signature")


def parse_post_form(form: PostForm, rules: SigV4Rules, now_ns: int) -> ParsedSignature | None:
    """The form's signature, its shape and time checked; `None` for an anonymous form (no policy, no credential).

    The policy's own conditions, its expiration included, are the caller's business.
    """
    if any(field in form for field in _V2_FIELDS):
        raise refuse.signature_v2()
    if not any(field in form for field in _SHOWN_NAMES):
        return None
    fields = {field: _required(form, field) for field in _SHOWN_NAMES}
    if fields["x-amz-algorithm"] != _ALGORITHM:
        words = f"X-Amz-Algorithm only supports {_ALGORITHM}"
        raise refuse.post_field_malformed("X-Amz-Algorithm", fields["x-amz-algorithm"], words)
    scope = parse_scope(fields["x-amz-credential"], rules, in_query=True)
    timestamp = fields["x-amz-date"]
    signed_at = parse_amz_date(timestamp)
    if signed_at is None:
        words = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        raise refuse.post_field_malformed("X-Amz-Date", timestamp, words)
    if timestamp[:8] != scope.date:
        raise refuse.credential_date_differs(scope.date, timestamp, in_query=True)
    now_sec = now_ns // NS_PER_SEC
    if signed_at > now_sec + rules.max_skew_sec:
        raise refuse.request_not_yet_valid()
    if now_sec > signed_at + PRESIGN_MAX_SEC:
        raise refuse.request_expired(PRESIGN_MAX_SEC, signed_at + PRESIGN_MAX_SEC, now_sec)
    token = form.get("x-amz-security-token")
    return ParsedSignature(
        Mechanism.POST,
        *scope,
        timestamp,
        signed_at,
        None,
        b"",
        token.encode("utf-8", "replace") if token is not None else None,
        fields["x-amz-signature"].encode(),
        fields["policy"].encode(),
    )


def _required(form: PostForm, field: str) -> str:
    """A field that must be there; halves of surrogate pairs, which no encoding can carry, become `?`."""
    value = form.get(field)
    if not value:
        raise refuse.post_field_missing(_SHOWN_NAMES[field])
    return value.encode("utf-8", "replace").decode()
