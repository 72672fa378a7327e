"""S3 requests byte by byte over a plain socket: what no SDK would send, and what exactly came back.

    target = Target(address, Signer(KEY, SECRET))
    answer = target.send(target.signed("PUT", "/bucket/key", b"body"))
    assert answer.code == "NoSuchBucket"

A `RawRequest` is a value: `replace` any of its fields before sending. Signatures cover what it was made from.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree import ElementTree

from photoncloud.testkit import s3_signing as signing
from photoncloud.testkit.s3_signing import ChunkSigner, Signer

READ_LIMIT_SEC = 20.0
CRC32 = "x-amz-checksum-crc32"
_NO_BODY = frozenset({100, 204, 304})
_CODE = re.compile(rb"<Error><Code>(\w+)</Code>")


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """One reply as it was on the wire; field names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """S3's error code; empty when the body is no error document."""
        found = _CODE.search(self.body)  # the document may quote characters that no XML parser takes
        return found.group(1).decode() if found else ""

    def element(self, name: str) -> str:
        """The text of the first element of this name, whatever its namespace."""
        for each in ElementTree.fromstring(self.body).iter():
            if each.tag.rpartition("}")[2] == name:
                return each.text or ""
        return ""

    def elements(self, name: str) -> list[str]:
        found = ElementTree.fromstring(self.body).iter()
        return [each.text or "" for each in found if each.tag.rpartition("}")[2] == name]


class Wire:
    """A raw connection."""

    def __init__(self, address: tuple[str, int], timeout_sec: float = READ_LIMIT_SEC) -> None:
        self.socket = socket.create_connection(address, timeout=timeout_sec)
        self._buffer = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_answer(self, *, head_only: bool = False) -> WireAnswer:
        """The next reply, interim ones included. Raises ConnectionError when the server closes first."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:-2])}
        status = int(lines[0].split(" ")[1])
        if head_only or status in _NO_BODY:
            return WireAnswer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return WireAnswer(status, headers, self._chunks())
        return WireAnswer(status, headers, self._exactly(int(headers.get("content-length", "0"))))

    def is_closed(self) -> bool:
        """Whether the server ended the connection and sent nothing more."""
        try:
            return not self._buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._receive()
        head, _, self._buffer = self._buffer.partition(mark)
        return head + mark

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._receive()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._exactly(2)
        self._until(b"\r\n")
        return body

    def _receive(self) -> None:
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError(f"closed after {self._buffer[-200:]!r}")
        self._buffer += data


@dataclass(frozen=True, slots=True)
class RawRequest:
    """`fields` in the order they are sent; Content-Length is added unless `length` says otherwise (None: none)."""

    method: str
    path: str
    query: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: str | None = ""

    def field(self, name: str) -> str:
        return next((value for its_name, value in self.fields if its_name == name), "")

    def having(self, name: str, value: str) -> RawRequest:
        """With this field instead of what had its name."""
        return replace(self, fields=(*(pair for pair in self.fields if pair[0] != name), (name, value)))

    def without(self, name: str) -> RawRequest:
        return replace(self, fields=tuple(pair for pair in self.fields if pair[0] != name))

    @property
    def head(self) -> bytes:
        target = self.path + (f"?{self.query}" if self.query else "")
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.fields)]
        if self.length is not None and (self.length or self.body or self.method in ("PUT", "POST")):
            lines.append(f"content-length: {self.length or len(self.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")

    @property
    def raw(self) -> bytes:
        return self.head + self.body


@dataclass(frozen=True, slots=True)
class Target:
    """A server's address and whose signatures its requests carry."""

    address: tuple[str, int]
    signer: Signer
    host: str = field(default="localhost")

    def as_user(self, access_key: str, secret_key: str) -> Target:
        return replace(self, signer=Signer(access_key, secret_key))

    def connect(self) -> Wire:
        return Wire(self.address)

    def send(self, request: RawRequest) -> WireAnswer:
        """One request on a connection of its own, one answer."""
        with self.connect() as wire:
            try:
                wire.send(request.raw)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before it was read whole: the answer is there all the same
            return wire.read_answer(head_only=request.method == "HEAD")

    def anonymous(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> RawRequest:
        pairs = {"host": self.host, **(fields or {})}
        return RawRequest(method, path, signing.query_text(query or {}), tuple(pairs.items()), body)

    def signed(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        payload: str = "",
        stamp: str = "",
        signed: Iterable[str] | None = None,
    ) -> RawRequest:
        """Signed in a header; `payload` is the value of x-amz-content-sha256 (the body's digest unless given)."""
        when = stamp or signing.stamp_of()
        digest = payload or hashlib.sha256(body).hexdigest()
        pairs = {"host": self.host, "x-amz-date": when, "x-amz-content-sha256": digest}
        pairs |= {name.lower(): value for name, value in (fields or {}).items()}
        text = signing.query_text(query or {})
        pairs["authorization"] = self.signer.header(method, path, text, pairs, stamp=when, signed=signed)
        return RawRequest(method, path, text, tuple(pairs.items()), body)

    def presigned(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        stamp: str = "",
        expires: str = "300",
    ) -> RawRequest:
        """Signed in the query; every field given is signed too."""
        pairs = {"host": self.host, **(fields or {})}
        when = stamp or signing.stamp_of()
        text = self.signer.presigned(method, path, query or {}, pairs, stamp=when, expires=expires)
        return RawRequest(method, path, text, tuple(pairs.items()), body)

    def streamed(
        self,
        method: str,
        path: str,
        data: bytes,
        *,
        payload: str = signing.STREAMING_SIGNED,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        trailer: str = "",
        chunk_bytes: int = 65536,
    ) -> RawRequest:
        """aws-chunked; `trailer` is one line `name:value` (a CRC32 in the trailer modes unless given)."""
        if not trailer and payload.endswith("-TRAILER"):
            trailer = f"{CRC32}:{crc32(data)}"
        pairs = {"x-amz-decoded-content-length": str(len(data))}
        if trailer:
            pairs["x-amz-trailer"] = trailer.partition(":")[0]
        head = self.signed(method, path, query=query, fields={**pairs, **(fields or {})}, payload=payload)
        if payload == signing.STREAMING_UNSIGNED_TRAILER:
            return replace(head, body=signing.unsigned_body(data, chunk_bytes=chunk_bytes, trailer=trailer))
        seed = head.field("authorization").rpartition("Signature=")[2]
        chunks = ChunkSigner(self.signer, head.field("x-amz-date"), seed)
        return replace(head, body=signing.signed_body(chunks, data, chunk_bytes=chunk_bytes, trailer=trailer))

    def form(
        self,
        path: str,
        policy: Mapping[str, Any] | bytes | None,
        fields: Mapping[str, str],
        data: bytes,
        *,
        stamp: str = "",
    ) -> RawRequest:
        """A browser's form: the policy's fields, then `fields`, then the file."""
        signed = {} if policy is None else self.signer.form(policy, stamp=stamp or signing.stamp_of())
        return multipart_form(self, path, {**fields, **signed}, data)


def multipart_form(target: Target, path: str, fields: Mapping[str, str], data: bytes) -> RawRequest:
    """A form with these fields as they stand, the file last."""
    boundary = "------form-of-the-test"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n\r\n'
    body = (parts + file).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return target.anonymous("POST", path, body, fields={"content-type": f"multipart/form-data; boundary={boundary}"})


def crc32(data: bytes) -> str:
    """As S3 writes it."""
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
