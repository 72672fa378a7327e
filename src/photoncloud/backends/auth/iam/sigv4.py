"""AWS Signature Version 4 of one HTTP request: parse, then verify (photonauth.md §4.3, lightningstor.md §4.3).

`parse` checks everything that needs no key and builds the string to sign; `verify` compares with a signing key.
Between the two the caller finds that key, from memory or over the network. Both raise `SigV4Error`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from photoncloud.backends.auth.iam import canonical_request as canonical
from photoncloud.backends.auth.iam import sigv4_errors as refuse
from photoncloud.backends.auth.iam.payload_hash import (
    EMPTY_SHA256,
    UNSIGNED_PAYLOAD,
    check_generic_payload_hash,
    check_s3_payload_hash,
)
from photoncloud.backends.auth.iam.principal import Credential
from photoncloud.backends.auth.iam.signing_key import dummy_signing_key
from photoncloud.backends.auth.iam.sigv4_scope import TERMINAL, Scope, SigV4Rules, parse_scope
from photoncloud.backends.auth.iam.timestamps import amz_date, parse_amz_date, parse_http_date

__all__ = [
    "Mechanism",
    "ParsedSignature",
    "SigV4Rules",
    "SignedRequest",
    "check_credential",
    "parse",
    "verify",
]

ALGORITHM = b"AWS4-HMAC-SHA256"
NS_PER_SEC = 1_000_000_000
_V2_QUERY_NAMES = frozenset({b"Signature", b"AWSAccessKeyId"})
_QUERY_NAMES = frozenset({b"X-Amz-Algorithm", b"X-Amz-Credential", b"X-Amz-Signature"})
_REQUIRED_QUERY_NAMES = (
    b"X-Amz-Algorithm",
    b"X-Amz-Credential",
    b"X-Amz-Signature",
    b"X-Amz-Date",
    b"X-Amz-SignedHeaders",
    b"X-Amz-Expires",
)
_SINGLE_HEADERS = ("authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token")
_TOKEN_HEADER = b"x-amz-security-token"
_TOKEN_PARAMETER = b"X-Amz-Security-Token"
_EXPIRES_DIGITS = 18  # beyond it the number is too large whatever it says, and int() stays cheap


class Mechanism(StrEnum):
    HEADER = "header"
    QUERY = "query"
    POST = "post"


class SignedRequest(NamedTuple):
    """What was on the wire. `path` and `query` are raw (no `?`); header names lower-case, in order of arrival.

    `body_sha256` (hex) is needed for services other than S3, whose requests need not carry it.
    """

    method: bytes
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body_sha256: bytes = EMPTY_SHA256


class ParsedSignature(NamedTuple):
    """A request's signature and everything it was made over, not yet compared with a key.

    `payload_hash` is the last line of the canonical request as sent. `signature` is the hex text as sent; it seeds
    the chunk signatures. `expires_sec` is `None` in header mode. `alternate` is a second string to sign that may
    match (profile `allow_unsigned_token` only).
    """

    mechanism: Mechanism
    access_key_id: str
    date: str
    region: str
    service: str
    timestamp: str
    signed_at_sec: int
    expires_sec: int | None
    payload_hash: bytes
    security_token: bytes | None
    signature: bytes
    string_to_sign: bytes
    canonical_request: bytes = b""
    alternate: bytes = b""

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINAL}"


def parse(request: SignedRequest, rules: SigV4Rules, now_ns: int) -> ParsedSignature | None:
    """The request's signature, its shape and time checked; `None` when it carries no credentials at all."""
    headers = canonical.gather_headers(request.headers)
    pairs = canonical.parse_query(request.query) if request.query else []
    authorization = headers.get(b"authorization")
    names = {name for name, _ in pairs}
    is_v4_query = not names.isdisjoint(_QUERY_NAMES)
    is_v2_query = not names.isdisjoint(_V2_QUERY_NAMES)
    if authorization is not None:
        if is_v4_query or is_v2_query:
            raise refuse.two_mechanisms()
        if len(headers) != len(request.headers):
            _refuse_repeated(request)
        return _parse_header(request, rules, headers, pairs, authorization, now_ns // NS_PER_SEC)
    if is_v4_query and is_v2_query:
        raise refuse.two_mechanisms()
    if is_v4_query:
        return _parse_query(request, rules, headers, pairs, now_ns // NS_PER_SEC)
    if is_v2_query:
        raise refuse.signature_v2()
    return None


def verify(parsed: ParsedSignature, signing_key: bytes | None) -> bytes:
    """Compare in constant time; `None` (unknown or disabled key) costs the same and is refused. Returns the key."""
    key = signing_key or dummy_signing_key(parsed.date, parsed.region, parsed.service)
    expected = hmac.digest(key, parsed.string_to_sign, "sha256").hex().encode()
    matches = hmac.compare_digest(expected, parsed.signature)
    if signing_key is None:
        raise refuse.unknown_access_key(parsed.access_key_id)
    if not matches and parsed.alternate:
        expected = hmac.digest(key, parsed.alternate, "sha256").hex().encode()
        matches = hmac.compare_digest(expected, parsed.signature)
    if not matches:
        raise refuse.signature_mismatch(
            parsed.access_key_id, parsed.string_to_sign, parsed.signature, parsed.canonical_request
        )
    return signing_key


def check_credential(parsed: ParsedSignature, credential: Credential, now_ns: int) -> None:
    """A security token belongs to temporary keys, to the one it was issued with, until it expires."""
    token = parsed.security_token
    if not credential.is_temporary:
        if token is not None:
            raise refuse.token_invalid()
        return
    if token is None or not hmac.compare_digest(token, credential.session_token.encode()):
        raise refuse.token_invalid()
    if credential.expires_at_ns is not None and now_ns >= credential.expires_at_ns:
        raise refuse.token_expired()


def _refuse_repeated(request: SignedRequest) -> None:
    names = [name for name, _ in request.headers]
    for single in _SINGLE_HEADERS:
        if names.count(single.encode()) > 1:
            raise refuse.repeated_header(single)


def _parse_header(
    request: SignedRequest,
    rules: SigV4Rules,
    headers: dict[bytes, bytes],
    pairs: list[canonical.Pair],
    authorization: bytes,
    now_sec: int,
) -> ParsedSignature:
    credential, signed, signature = _authorization_parts(authorization)
    scope = parse_scope(refuse.text(credential), rules, in_query=False)
    if rules.is_s3:
        payload_hash = check_s3_payload_hash(headers.get(b"x-amz-content-sha256"))
    else:
        payload_hash = check_generic_payload_hash(headers.get(b"x-amz-content-sha256"), request.body_sha256)
    timestamp, signed_at = _header_time(headers)
    if timestamp[:8] != scope.date:
        raise refuse.credential_date_differs(scope.date, timestamp, in_query=False)
    if abs(now_sec - signed_at) > rules.max_skew_sec:
        raise refuse.time_too_skewed(timestamp, now_sec, rules.max_skew_sec)
    names = _signed_names(signed, headers, rules, in_query=False)
    text = canonical.canonical_request(
        request.method,
        _path(request.path, rules),
        canonical.canonical_query(pairs) if pairs else b"",
        canonical.canonical_headers(names, headers),
        signed,
        payload_hash,
    )
    return ParsedSignature(
        Mechanism.HEADER,
        *scope,
        timestamp,
        signed_at,
        None,
        payload_hash,
        headers.get(_TOKEN_HEADER),
        signature,
        string_to_sign(timestamp, scope, text),
        text,
    )


def _parse_query(
    request: SignedRequest,
    rules: SigV4Rules,
    headers: dict[bytes, bytes],
    pairs: list[canonical.Pair],
    now_sec: int,
) -> ParsedSignature:
    parameters = _auth_parameters(pairs)
    scope = parse_scope(refuse.text(parameters[b"X-Amz-Credential"]), rules, in_query=True)
    timestamp = refuse.text(parameters[b"X-Amz-Date"])
    signed_at = parse_amz_date(timestamp)
    if signed_at is None:
        raise refuse.query_date_format()
    if timestamp[:8] != scope.date:
        raise refuse.credential_date_differs(scope.date, timestamp, in_query=True)
    expires = _expires(parameters[b"X-Amz-Expires"], rules)
    _check_presigned_time(signed_at, expires, now_sec, rules)
    signed = parameters[b"X-Amz-SignedHeaders"]
    names = _signed_names(signed, headers, rules, in_query=True)
    payload_hash = headers.get(b"x-amz-content-sha256") or parameters.get(b"X-Amz-Content-Sha256")
    if payload_hash is None:
        payload_hash = UNSIGNED_PAYLOAD if rules.is_s3 else request.body_sha256
    elif not rules.is_s3:
        check_generic_payload_hash(payload_hash, request.body_sha256)
    before = (request.method, _path(request.path, rules))
    after = (canonical.canonical_headers(names, headers), signed, payload_hash)
    kept = [pair for pair in pairs if pair[0] != b"X-Amz-Signature"]
    text = canonical.canonical_request(*before, canonical.canonical_query(kept), *after)
    alternate = b""
    if rules.allow_unsigned_token and _TOKEN_PARAMETER in parameters:
        tokenless = canonical.canonical_query([pair for pair in kept if pair[0] != _TOKEN_PARAMETER])
        alternate = string_to_sign(timestamp, scope, canonical.canonical_request(*before, tokenless, *after))
    return ParsedSignature(
        Mechanism.QUERY,
        *scope,
        timestamp,
        signed_at,
        expires,
        payload_hash,
        parameters.get(_TOKEN_PARAMETER, headers.get(_TOKEN_HEADER)),
        parameters[b"X-Amz-Signature"],
        string_to_sign(timestamp, scope, text),
        text,
        alternate,
    )


def _path(path: bytes, rules: SigV4Rules) -> bytes:
    if rules.is_s3:
        return canonical.s3_path(path)
    return canonical.generic_path(path, normalize=rules.normalize_path)


def string_to_sign(timestamp: str, scope: Scope, canonical_text: bytes) -> bytes:
    digest = hashlib.sha256(canonical_text).hexdigest()
    return f"AWS4-HMAC-SHA256\n{timestamp}\n{scope.text}\n{digest}".encode()


def _authorization_parts(value: bytes) -> tuple[bytes, bytes, bytes]:
    """Credential, SignedHeaders and Signature of the header, each exactly once, in any order."""
    scheme, _, rest = value.partition(b" ")
    if scheme != ALGORITHM:
        if scheme == b"AWS":
            raise refuse.signature_v2()
        raise refuse.unsupported_authorization(value)
    parts: dict[bytes, bytes] = {}
    components = rest.split(b",")
    for component in components:
        name, _, content = component.strip().partition(b"=")
        parts[name] = content
    try:
        if len(components) == 3:
            return parts[b"Credential"], parts[b"SignedHeaders"], parts[b"Signature"]
    except KeyError:
        pass
    raise refuse.header_components()


def _header_time(headers: Mapping[bytes, bytes]) -> tuple[str, int]:
    """`x-amz-date`, or `Date` in HTTP's or ISO 8601's form: the text that was signed, and Unix seconds."""
    if (stamp := headers.get(b"x-amz-date")) is not None:
        timestamp = stamp.decode("latin-1")
        signed_at = parse_amz_date(timestamp)
    else:
        timestamp = headers.get(b"date", b"").decode("latin-1")
        signed_at = parse_amz_date(timestamp)
        if signed_at is None and (signed_at := parse_http_date(timestamp)) is not None:
            timestamp = amz_date(signed_at)
    if signed_at is None:
        raise refuse.date_missing()
    return timestamp, signed_at


def _signed_names(signed: bytes, headers: Mapping[bytes, bytes], rules: SigV4Rules, *, in_query: bool) -> list[bytes]:
    """The signed header names: sorted, lower-case, unique, and covering all that must be signed."""
    names = signed.split(b";")
    if names != sorted(set(names)) or signed != signed.lower() or not names[0]:
        raise refuse.malformed_signed_headers(in_query=in_query)
    unsigned = [name for name in headers if name not in names and (name[:6] == b"x-amz-" or name == b"content-md5")]
    if b"host" not in names:
        unsigned.append(b"host")
    if unsigned and rules.allow_unsigned_token:
        unsigned = [name for name in unsigned if name != _TOKEN_HEADER]
    if unsigned:
        raise refuse.headers_not_signed(unsigned)
    return names


def _auth_parameters(pairs: list[canonical.Pair]) -> dict[bytes, bytes]:
    """The `X-Amz-*` parameters, decoded; each required one present, none twice, the algorithm ours."""
    parameters: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name[:6] == b"X-Amz-":
            if name in parameters:
                raise refuse.query_parameter_repeated(refuse.text(name))
            parameters[name] = _decode(value) if b"%" in value else value
    for name in _REQUIRED_QUERY_NAMES:
        if not parameters.get(name):
            raise refuse.query_parameters_missing()
    if parameters[b"X-Amz-Algorithm"] != ALGORITHM:
        raise refuse.query_algorithm()
    return parameters


def _decode(value: bytes) -> bytes:
    plain = value.replace(b"%2F", b"/").replace(b"%3B", b";")  # all that credentials and header lists have encoded
    return unquote_to_bytes(value) if b"%" in plain else plain


def _expires(value: bytes, rules: SigV4Rules) -> int:
    if not value.removeprefix(b"-").isdigit():
        raise refuse.expires_not_a_number()
    if value[:1] == b"-":
        raise refuse.expires_negative()
    if len(value) > _EXPIRES_DIGITS or int(value) > rules.presign_max_sec:
        raise refuse.expires_too_long(rules.presign_max_sec)
    return int(value)


def _check_presigned_time(signed_at: int, expires_sec: int, now_sec: int, rules: SigV4Rules) -> None:
    if signed_at > now_sec + rules.max_skew_sec:
        raise refuse.request_not_yet_valid()
    if now_sec > signed_at + expires_sec or not expires_sec:  # a life of no seconds is over from the start
        raise refuse.request_expired(expires_sec, signed_at + expires_sec, now_sec)
