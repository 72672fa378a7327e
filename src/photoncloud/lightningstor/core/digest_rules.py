"""Which digests a request promises for its body, and the verdict once they were computed (§4.4).

`read_demands` judges headers only (precedence 2 and 3) and runs before the first body byte is read; `verify` compares
what was computed (precedence 6, 7, 8; framing and length come earlier, from `chunked` and the intake).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photoncloud.lightningstor.core.checksum import (
    BY_HEADER,
    HEADER_PREFIX,
    NOT_ALGORITHMS,
    decode,
    encode,
)
from photoncloud.lightningstor.core.http_message import Headers
from photoncloud.lightningstor.errors import S3Error

TRAILER_MODES = frozenset({"streaming-signed-trailer", "streaming-unsigned-trailer"})
MULTIPLE = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
HEADER_AND_TRAILER = "Expecting a single x-amz-checksum- header"
UNKNOWN_ALGORITHM = "The algorithm type you specified in x-amz-checksum- header is invalid."
SDK_WITHOUT_VALUE = (
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
)
SDK_DIFFERS = "Value for x-amz-sdk-checksum-algorithm header is invalid."
UNSUPPORTED_TRAILER = "The value specified in the x-amz-trailer header is not supported"
DIGEST_REQUIRED = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
MD5_BYTES = 16

_PREFIX = HEADER_PREFIX.encode("ascii")


@dataclass(frozen=True, slots=True)
class Demands:
    """What the headers promise. `algorithm` is named in a header (`value` set) or in the declared trailer."""

    content_md5: bytes | None = None
    content_md5_text: str = ""
    algorithm: str | None = None
    value: bytes | None = None
    trailer: str | None = None
    """Lower-case name of the declared trailer field, when the value comes after the body."""

    @property
    def has_digest(self) -> bool:
        """A `Content-MD5` or a checksum was sent or announced."""
        return self.content_md5 is not None or self.algorithm is not None


NO_DEMANDS = Demands()


@dataclass(frozen=True, slots=True)
class Promise:
    """The signed payload hash: raw bytes to compare with (empty: never equal) and the text as sent."""

    sha256: bytes
    text: str


def read_demands(fields: Mapping[bytes, bytes], headers: Headers, mode: str) -> Demands:
    """Judge the digest headers of a request whose payload is signed in `mode` (see `service.call.Payload`).

    Raises S3Error InvalidDigest, InvalidRequest or MalformedTrailerError with the texts of §4.4.
    """
    md5_text = fields.get(b"content-md5")
    content_md5 = None if md5_text is None else _content_md5(md5_text)
    sent = [
        (name, value) for name, value in headers if name.startswith(_PREFIX) and name.decode() not in NOT_ALGORITHMS
    ]
    declared = _declared_trailers(headers) if b"x-amz-trailer" in fields else []
    sdk = fields.get(b"x-amz-sdk-checksum-algorithm")
    if not sent and not declared and sdk is None:
        if content_md5 is None:
            return NO_DEMANDS
        return Demands(content_md5, _text(md5_text))
    _judge_count(sent, declared)
    if declared and mode not in TRAILER_MODES:
        raise S3Error("MalformedTrailerError")
    name = _text(sent[0][0]) if sent else (declared[0] if declared else "")
    algorithm = BY_HEADER[name].name if name else None
    _judge_sdk_algorithm(sdk, algorithm)
    value = None
    if sent:
        value = _header_value(name, _text(sent[0][1]))
    return Demands(content_md5, _text(md5_text), algorithm, value, declared[0] if declared else None)


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode("latin-1")


def _content_md5(value: bytes) -> bytes:
    text = value.decode("latin-1")
    raw = decode(text, MD5_BYTES)
    if raw is None:
        raise S3Error("InvalidDigest", fields={"Content-MD5": text})
    return raw


def _declared_trailers(headers: Headers) -> list[str]:
    """Names in `x-amz-trailer`; only checksum fields may be announced."""
    joined = ",".join(value.decode("latin-1") for name, value in headers if name == b"x-amz-trailer").strip()
    items = joined.split(",")
    while items and not items[-1]:
        items.pop()
    names = [item.strip().lower() for item in items]
    if any(name not in BY_HEADER for name in names):
        raise S3Error("InvalidRequest", UNSUPPORTED_TRAILER)
    return names


def _judge_count(sent: list[tuple[bytes, bytes]], declared: list[str]) -> None:
    if len(sent) > 1 or len(declared) > 1:
        raise S3Error("InvalidRequest", MULTIPLE)
    if sent and declared:
        raise S3Error("InvalidRequest", HEADER_AND_TRAILER)
    if sent and _text(sent[0][0]) not in BY_HEADER:
        raise S3Error("InvalidRequest", UNKNOWN_ALGORITHM)


def _judge_sdk_algorithm(sdk: bytes | None, algorithm: str | None) -> None:
    if sdk is None:
        return
    if algorithm is None:
        raise S3Error("InvalidRequest", SDK_WITHOUT_VALUE)
    if _text(sdk).upper() != algorithm:
        raise S3Error("InvalidRequest", SDK_DIFFERS)


def _header_value(name: str, text: str) -> bytes:
    raw = decode(text, BY_HEADER[name].length)
    if raw is None:
        raise S3Error("InvalidRequest", f"Value for {name} header is invalid.")
    return raw


def trailer_value(name: str, text: str) -> bytes:
    """The raw digest a trailer carries. Raises S3Error InvalidRequest; the bad value is not echoed."""
    raw = decode(text, BY_HEADER[name].length)
    if raw is None:
        raise S3Error("InvalidRequest", f"Value for {name} trailing header is invalid.")
    return raw


def wanted(demands: Demands, promise: Promise | None) -> frozenset[str]:
    """Algorithms that must be computed to judge the body."""
    names = set()
    if promise is not None:
        names.add("SHA256")
    if demands.content_md5 is not None:
        names.add("MD5")
    if demands.algorithm is not None:
        names.add(demands.algorithm)
    return frozenset(names)


def verify(
    demands: Demands,
    promise: Promise | None,
    digests: Mapping[str, bytes],
    trailers: Mapping[str, str],
    *,
    is_document: bool = False,
) -> bytes | None:
    """Compare everything that was promised, in S3's order; the verified checksum value, or None when none was sent.

    `digests` holds at least `wanted(…)`; `trailers` what came after a streaming body. `is_document` selects the form
    of `ExpectedDigest` (base64 for XML bodies, hex for objects). Raises S3Error XAmzContentSHA256Mismatch, BadDigest,
    InvalidRequest (trailer value not well-formed).
    """
    if promise is not None and digests["SHA256"] != promise.sha256:
        raise S3Error(
            "XAmzContentSHA256Mismatch",
            fields={
                "ClientComputedContentSHA256": promise.text,
                "S3ComputedContentSHA256": digests["SHA256"].hex(),
            },
        )
    if demands.content_md5 is not None and digests["MD5"] != demands.content_md5:
        expected = demands.content_md5_text if is_document else demands.content_md5.hex()
        raise S3Error("BadDigest", fields={"ExpectedDigest": expected, "CalculatedDigest": encode(digests["MD5"])})
    if demands.algorithm is None:
        return None
    value = demands.value
    if value is None and demands.trailer is not None:
        value = trailer_value(demands.trailer, trailers[demands.trailer])
    if value != digests[demands.algorithm]:
        raise S3Error("BadDigest", f"The {demands.algorithm} you specified did not match the calculated checksum.")
    return value
