"""A small blocking S3 client for tools: signed requests, whole answers, nothing hidden and nothing retried.

    with S3Client("http://127.0.0.1:9001", access_key, secret_key) as s3:
        answer = s3.request("PUT", "bucket", "key", body=b"content")

Path style and Signature Version 4 in a header, unless a request asks for something else. SDKs do more; this knows
only what the tools of this distribution need, and lets them send what an SDK would refuse to.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import ssl
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlsplit

TIMEOUT_SEC = 60.0
READ_BYTES = 1 << 20
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class S3Answer:
    """`headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def texts(self, name: str) -> list[str]:
        """Text of every element of this name, whatever its namespace, in document order; [] when it is no XML."""
        try:
            root = ElementTree.fromstring(self.body)
        except ElementTree.ParseError:
            return []
        return [element.text or "" for element in root.iter() if element.tag.rpartition("}")[2] == name]

    def text(self, name: str) -> str:
        """Text of the first element of this name, or ""."""
        return next(iter(self.texts(name)), "")

    @property
    def code(self) -> str:
        """The error code of the document, or ""."""
        return self.text("Code") if self.status >= 300 else ""


@dataclass(frozen=True, slots=True)
class S3Request:
    """A request before it is signed. `body` may be a file, which is read twice: for its hash, and to be sent."""

    method: str
    bucket: str = ""
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Path = b""

    @property
    def path(self) -> str:
        if not self.bucket:
            return "/"
        return f"/{self.bucket}/{quote(self.key, safe='/~')}" if self.key else f"/{self.bucket}"

    def query_text(self, *more: tuple[str, str]) -> str:
        """The canonical query string."""
        pairs = sorted((quote(n, safe="~"), quote(v, safe="~")) for n, v in (*self.query.items(), *more))
        return "&".join(f"{name}={value}" for name, value in pairs)

    def length(self) -> int:
        return self.body.stat().st_size if isinstance(self.body, Path) else len(self.body)

    def sha256(self) -> str:
        if isinstance(self.body, bytes):
            return hashlib.sha256(self.body).hexdigest()
        with self.body.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signature Version 4 of one key pair for one region."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"

    def headers(self, request: S3Request, host: str, now_sec: float) -> dict[str, str]:
        """All header fields of a request, signature included. A given `x-amz-content-sha256` stands as it is."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_sec))
        fields = {name.lower(): value for name, value in request.headers.items()} | {"host": host}
        fields.setdefault("x-amz-date", stamp)
        if "x-amz-content-sha256" not in fields:
            fields["x-amz-content-sha256"] = request.sha256()
        names = sorted(name for name in fields if name.startswith("x-amz-") or name in ("host", "content-md5", "range"))
        signed = "".join(f"{name}:{' '.join(fields[name].split())}\n" for name in names)
        payload = fields["x-amz-content-sha256"]
        canonical = "\n".join((request.method, request.path, request.query_text(), signed, ";".join(names), payload))
        signature = self._signature(fields["x-amz-date"], canonical)
        fields["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{self._scope(fields['x-amz-date'])},"
            f" SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return fields

    def presigned_target(self, request: S3Request, host: str, now_sec: float, expires_sec: int) -> str:
        """Path and query of a presigned URL; only `host` is signed."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_sec))
        query = request.query_text(
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", f"{self.access_key}/{self._scope(stamp)}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(expires_sec)),
            ("X-Amz-SignedHeaders", "host"),
        )
        canonical = "\n".join((request.method, request.path, query, f"host:{host}\n", "host", UNSIGNED_PAYLOAD))
        return f"{request.path}?{query}&X-Amz-Signature={self._signature(stamp, canonical)}"

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self.region}/s3/aws4_request"

    def _signature(self, stamp: str, canonical: str) -> str:
        scope = self._scope(stamp)
        text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_key}".encode()
        for word in scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


class S3Client:
    """One connection to one endpoint, made anew when the server closed it. `ca_file` empty: the system's authorities.

    Every call raises OSError or http.client.HTTPException when the connection fails.
    """

    def __init__(
        self, endpoint: str, access_key: str, secret_key: str, region: str = "us-east-1", ca_file: str = ""
    ) -> None:
        """Raises ValueError for an endpoint that is no http or https URL."""
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{endpoint!r} is no http:// or https:// URL")
        self.endpoint = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.netloc
        self.signer = Signer(access_key, secret_key, region)
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file or None)
            self._connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=TIMEOUT_SEC, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SEC)

    def __enter__(self) -> S3Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def request(
        self,
        method: str,
        bucket: str = "",
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | Path = b"",
        signer: Signer | None = None,
    ) -> S3Answer:
        """One signed request (by `signer` when given)."""
        request = S3Request(method, bucket, key, query or {}, headers or {}, body)
        fields = (signer or self.signer).headers(request, self.host, time.time())
        return self.send(request, _target(request), fields)

    def anonymous(
        self,
        method: str,
        bucket: str = "",
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> S3Answer:
        """One request that carries no signature."""
        request = S3Request(method, bucket, key, query or {}, headers or {}, body)
        return self.send(request, _target(request), {"host": self.host, **request.headers})

    def presigned(self, request: S3Request, *, expires_sec: int = 300, age_sec: int = 0) -> S3Answer:
        """A request by a presigned URL that was made `age_sec` ago."""
        target = self.signer.presigned_target(request, self.host, time.time() - age_sec, expires_sec)
        return self.send(request, target, {"host": self.host, **request.headers})

    def send(self, request: S3Request, target: str, fields: Mapping[str, str]) -> S3Answer:
        """Put a request on the wire as it stands."""
        connection = self._connection
        try:
            return self._exchange(connection, request, target, fields)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if isinstance(request.body, bytes) and request.method in ("GET", "HEAD"):
                connection.close()  # a kept connection whose server had enough of waiting
                return self._exchange(connection, request, target, fields)
            raise

    def _exchange(
        self, connection: http.client.HTTPConnection, request: S3Request, target: str, fields: Mapping[str, str]
    ) -> S3Answer:
        try:
            connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in fields.items():
                connection.putheader(name, value)
            if request.length() or request.method in ("PUT", "POST"):
                connection.putheader("content-length", str(request.length()))
            connection.endheaders()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a refusal may come before the body's end
                self._send_body(connection, request.body)
            response = connection.getresponse()
            content = response.read()
            return S3Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, content)
        except BaseException:
            connection.close()
            raise

    def _send_body(self, connection: http.client.HTTPConnection, body: bytes | Path) -> None:
        if isinstance(body, bytes):
            if body:
                connection.send(body)
            return
        with body.open("rb") as file:
            while piece := file.read(READ_BYTES):
                connection.send(piece)


def _target(request: S3Request) -> str:
    query = request.query_text()
    return request.path + (f"?{query}" if query else "")
