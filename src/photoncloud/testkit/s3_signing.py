"""SigV4 as a client does it, written independently of the server's verifier: heads, presigned targets, chunks, forms.

Every ingredient can be set, so that a test can make a request that is right but for one thing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def stamp_of(unix_sec: float | None = None) -> str:
    """`YYYYMMDDTHHMMSSZ`; of now unless given."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(unix_sec))


def query_text(query: Mapping[str, str]) -> str:
    """Sorted and encoded, as it is signed and sent."""
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


@dataclass(frozen=True, slots=True)
class Signer:
    """One key pair and the scope its signatures name."""

    access_key: str
    secret_key: str
    region: str = "us-east-1"
    service: str = "s3"
    terminal: str = "aws4_request"

    def scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self.region}/{self.service}/{self.terminal}"

    def sign(self, stamp: str, text: str) -> str:
        """Hex signature of a string to sign."""
        key = f"AWS4{self.secret_key}".encode()
        for word in self.scope(stamp).split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def header(
        self,
        method: str,
        path: str,
        query: str,
        fields: Mapping[str, str],
        *,
        stamp: str,
        signed: Iterable[str] | None = None,
    ) -> str:
        """The value of `Authorization`; `fields` are lower-case and hold host and x-amz-content-sha256."""
        names = sorted(signed if signed is not None else _names_to_sign(fields))
        digest = fields.get("x-amz-content-sha256", UNSIGNED)
        canonical = _canonical(method, path, query, fields, names, digest)
        signature = self.sign(stamp, self._string_to_sign(stamp, canonical))
        credential = f"{self.access_key}/{self.scope(stamp)}"
        return f"{ALGORITHM} Credential={credential}, SignedHeaders={';'.join(names)}, Signature={signature}"

    def presigned(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        fields: Mapping[str, str],
        *,
        stamp: str,
        expires: str = "300",
    ) -> str:
        """The query of a presigned target; `fields` (host among them) are what is signed and must be sent."""
        names = sorted(fields)
        asked = dict(query) | {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{self.scope(stamp)}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": expires,
            "X-Amz-SignedHeaders": ";".join(names),
        }
        digest = fields.get("x-amz-content-sha256") or query.get("X-Amz-Content-Sha256") or UNSIGNED
        canonical = _canonical(method, path, query_text(asked), fields, names, digest)
        signature = self.sign(stamp, self._string_to_sign(stamp, canonical))
        return query_text(asked) + f"&X-Amz-Signature={signature}"

    def form(self, policy: Mapping[str, Any] | bytes, *, stamp: str) -> dict[str, str]:
        """The fields that carry a browser form's policy and its signature; bytes are a policy as it stands."""
        document = policy if isinstance(policy, bytes) else json.dumps(policy).encode()
        encoded = base64.b64encode(document).decode()
        return {
            "policy": encoded,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": f"{self.access_key}/{self.scope(stamp)}",
            "x-amz-date": stamp,
            "x-amz-signature": self.sign(stamp, encoded),
        }

    def _string_to_sign(self, stamp: str, canonical: str) -> str:
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return f"{ALGORITHM}\n{stamp}\n{self.scope(stamp)}\n{digest}"


class ChunkSigner:
    """The signatures of one aws-chunked body, in order; `seed` is the signature of the request's head."""

    def __init__(self, signer: Signer, stamp: str, seed: str) -> None:
        self._signer = signer
        self._stamp = stamp
        self._previous = seed

    def chunk(self, data: bytes) -> str:
        return self._next("PAYLOAD", EMPTY_SHA256, hashlib.sha256(data).hexdigest())

    def trailer(self, lines: bytes) -> str:
        """`lines` in canonical form: `name:value\\n` each."""
        return self._next("TRAILER", hashlib.sha256(lines).hexdigest())

    def _next(self, kind: str, *digests: str) -> str:
        scope = self._signer.scope(self._stamp)
        text = "\n".join((f"{ALGORITHM}-{kind}", self._stamp, scope, self._previous, *digests))
        self._previous = self._signer.sign(self._stamp, text)
        return self._previous


def signed_body(chunks: ChunkSigner, data: bytes, *, chunk_bytes: int = 65536, trailer: str = "") -> bytes:
    """`data` in signed chunks; `trailer` is one line `name:value`."""
    pieces = [data[at : at + chunk_bytes] for at in range(0, len(data), chunk_bytes)]
    body = b"".join(
        b"%x;chunk-signature=%b\r\n%b\r\n" % (len(piece), chunks.chunk(piece).encode(), piece) for piece in pieces
    )
    body += b"0;chunk-signature=%b\r\n" % chunks.chunk(b"").encode()
    if not trailer:
        return body + b"\r\n"
    signature = chunks.trailer(trailer.encode() + b"\n")
    return body + f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def unsigned_body(data: bytes, *, chunk_bytes: int = 65536, trailer: str = "") -> bytes:
    """`data` in unsigned chunks with one trailer line."""
    pieces = [data[at : at + chunk_bytes] for at in range(0, len(data), chunk_bytes)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return body + b"0\r\n" + (trailer.encode() + b"\r\n" if trailer else b"") + b"\r\n"


def _names_to_sign(fields: Mapping[str, str]) -> list[str]:
    return [name for name in fields if name.startswith("x-amz-") or name in ("host", "content-md5")]


def _canonical(method: str, path: str, query: str, fields: Mapping[str, str], names: list[str], digest: str) -> str:
    lines = "".join(f"{name}:{' '.join(fields[name].split())}\n" for name in names)
    return "\n".join((method, path, query, lines, ";".join(names), digest))
