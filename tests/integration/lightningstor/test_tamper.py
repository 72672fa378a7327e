"""One byte changed anywhere under a signature or a checksum: 400 or 403, and nothing is stored.

Twelve ways to authenticate and to send a body; in each, bytes of the signed fields, of the target and of the body are
changed one at a time.
"""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from photoncloud.testkit import s3_signing as signing
from photoncloud.testkit.s3_state import stored_files
from photoncloud.testkit.s3_wire import CRC32, RawRequest, Target, crc32

BUCKET = "tampered"
DATA = bytes(range(256)) * 100
CHANGES_PER_PART = 12


def presigned(target: Target, path: str) -> RawRequest:
    return target.presigned("PUT", path, DATA, fields={"x-amz-meta-color": "blue"})


def presigned_hash(target: Target, path: str) -> RawRequest:
    digest = hashlib.sha256(DATA).hexdigest()
    return target.presigned("PUT", path, DATA, query={"X-Amz-Content-Sha256": digest})


def presigned_header_hash(target: Target, path: str) -> RawRequest:
    return target.presigned("PUT", path, DATA, fields={"x-amz-content-sha256": hashlib.sha256(DATA).hexdigest()})


def md5_of(target: Target, path: str) -> RawRequest:
    md5 = base64.b64encode(hashlib.md5(DATA).digest()).decode()
    return target.signed("PUT", path, DATA, payload=signing.UNSIGNED, fields={"content-md5": md5})


VARIANTS: dict[str, tuple[Callable[[Target, str], RawRequest], bool]] = {
    "header, hash": (lambda t, p: t.signed("PUT", p, DATA, fields={"x-amz-meta-color": "blue"}), True),
    "header, unsigned payload": (lambda t, p: t.signed("PUT", p, DATA, payload=signing.UNSIGNED), False),
    "header, unsigned payload, MD5": (md5_of, True),
    "header, unsigned payload, CRC32": (
        lambda t, p: t.signed("PUT", p, DATA, payload=signing.UNSIGNED, fields={CRC32: crc32(DATA)}),
        True,
    ),
    "header, signed chunks": (lambda t, p: t.streamed("PUT", p, DATA, chunk_bytes=8192), True),
    "header, one signed chunk": (lambda t, p: t.streamed("PUT", p, DATA), True),
    "header, signed chunks, signed trailer": (
        lambda t, p: t.streamed("PUT", p, DATA, payload=signing.STREAMING_SIGNED_TRAILER, chunk_bytes=8192),
        True,
    ),
    "header, unsigned chunks, trailer": (
        lambda t, p: t.streamed("PUT", p, DATA, payload=signing.STREAMING_UNSIGNED_TRAILER, chunk_bytes=8192),
        True,
    ),
    "query, unsigned payload": (presigned, False),
    "query, hash in the query": (presigned_hash, True),
    "query, hash in a field": (presigned_header_hash, True),
    "header, hash, empty body": (lambda t, p: t.signed("PUT", p, b""), False),
}
"""Name → how the request is made, and whether its body is protected."""


@pytest.fixture(scope="module", autouse=True)
def bucket(target: Target) -> Iterator[str]:
    assert target.send(target.signed("PUT", f"/{BUCKET}")).status == 200
    return BUCKET


def altered(text: str, at: int) -> str:
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def places(length: int, seed: str) -> list[int]:
    """Both ends, and some in between."""
    draw = random.Random(seed)
    return sorted({0, length - 1, *(draw.randrange(length) for _ in range(CHANGES_PER_PART))})


def in_the_signature(request: RawRequest) -> Iterator[tuple[str, RawRequest]]:
    value = request.field("authorization")
    if value:
        start = value.index("Signature=") + len("Signature=")
        for at in places(64, "signature"):
            yield f"signature {at}", request.having("authorization", altered(value, start + at))
        for name in ("x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-trailer"):
            for at in places(len(request.field(name)), name) if request.field(name) else []:
                yield f"{name} {at}", request.having(name, altered(request.field(name), at))
    else:
        for at in places(len(request.query), request.query):
            if request.query[at] not in "=&":
                yield (
                    f"query {request.query[max(0, at - 12) : at + 1]}",
                    replace(request, query=altered(request.query, at)),
                )


def in_the_fields(request: RawRequest) -> Iterator[tuple[str, RawRequest]]:
    for name in ("x-amz-meta-color", "content-md5", CRC32):
        if value := request.field(name):
            for at in places(len(value), name):
                yield f"{name} {at}", request.having(name, altered(value, at))
    yield "one more signed name", request.having("x-amz-meta-more", "x")
    yield "another host", request.having("host", "127.0.0.1")
    yield "another method", replace(request, method="POST")
    yield "another key", replace(request, path=request.path + "x")
    yield "another bucket", replace(request, path=request.path.replace(BUCKET, BUCKET + "x"))


def in_the_body(request: RawRequest) -> Iterator[tuple[str, RawRequest]]:
    end = len(request.body) - (len(b"\r\n") if request.field("x-amz-trailer") else 0)
    for at in places(end, "body"):
        body = request.body
        yield f"body {at}", replace(request, body=body[:at] + bytes((body[at] ^ 1,)) + body[at + 1 :])
        yield f"body without {at}", replace(request, body=body[:at] + body[at + 1 :])


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_changed_byte(variant: str, target: Target, s3_store: Any) -> None:
    make, protects_body = VARIANTS[variant]
    honest = make(target, f"/{BUCKET}/{uuid.uuid4().hex}")
    before = stored_files(s3_store.data_dir)
    changes = [
        *in_the_signature(honest),
        *in_the_fields(honest),
        *(in_the_body(honest) if protects_body else ()),
    ]
    accepted = []
    for what, request in changes:
        answer = target.send(request)
        if not 400 <= answer.status < 500:
            accepted.append((what, answer.status))
    assert accepted == []
    assert target.send(target.signed("GET", f"/{BUCKET}")).elements("Key") == []
    assert stored_files(s3_store.data_dir) == before
    assert target.send(honest).status == 200, "the request that was not touched is good"
    assert target.send(target.signed("DELETE", honest.path)).status == 204


def test_chunks_of_another_request(target: Target) -> None:
    """Replayed, reordered, doubled, left out: each signature covers the one before it."""
    path = f"/{BUCKET}/chunks"
    honest = target.streamed("PUT", path, DATA, chunk_bytes=8192)
    other = target.streamed("PUT", path + "2", DATA, chunk_bytes=8192)
    unit = honest.body.index(b"\r\n", 8192) + 2
    first, second, rest = honest.body[:unit], honest.body[unit : 2 * unit], honest.body[2 * unit :]
    for body in (
        second + first + rest,
        first + first + rest,
        second + rest,
        other.body,
        other.body[:unit] + second + rest,
        first + other.body[unit:],
        first + second + rest.replace(b"\r\n0;", b"\r\n0;x=y;"),
    ):
        answer = target.send(replace(honest, body=body))
        assert answer.status in (400, 403)
        assert answer.code in ("SignatureDoesNotMatch", "IncompleteBody")
    assert target.send(target.signed("HEAD", path)).status == 404


def test_an_old_object_survives_every_failed_overwrite(target: Target) -> None:
    path = f"/{BUCKET}/kept"
    for data in (b"old", b"o" * 100_000):
        target.send(target.signed("PUT", path, data))
        for make, protects_body in VARIANTS.values():
            if protects_body:
                request = make(target, path)
                at = len(request.body) // 2
                flipped = request.body[:at] + bytes((request.body[at] ^ 1,)) + request.body[at + 1 :]
                assert 400 <= target.send(replace(request, body=flipped)).status < 500
        assert target.send(target.signed("GET", path)).body == data
    target.send(target.signed("DELETE", path))
