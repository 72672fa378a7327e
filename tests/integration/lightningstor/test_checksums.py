"""Ten checksum algorithms, in a header or a trailer, on PUT and UploadPart, both types of multipart.

A right one is stored and returned with `x-amz-checksum-mode: ENABLED`; a wrong one is `BadDigest` and leaves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import xxhash
from awscrt import checksums as crt

from photoncloud.testkit import s3_signing as signing
from photoncloud.testkit.s3_wire import RawRequest, Target, WireAnswer

BUCKET = "checksums"
SIZES = (0, 9, 70_000)
ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: crt.crc32c(data).to_bytes(4, "big"),
    "crc64nvme": lambda data: crt.crc64nvme(data).to_bytes(8, "big"),
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "md5": lambda data: hashlib.md5(data).digest(),
    "xxhash64": lambda data: xxhash.xxh64(data).digest(),
    "xxhash3": lambda data: xxhash.xxh3_64(data).digest(),
    "xxhash128": lambda data: xxhash.xxh3_128(data).digest(),
}
CHECK_VALUES = {
    "crc32": "y/Q5Jg==",
    "crc32c": "4waSgw==",
    "crc64nvme": "rosUhgp5mIg=",
    "xxhash64": "jLhB20DmroM=",
    "xxhash3": "ctyxi2ehff8=",
    "xxhash128": "MxGUd+3l3NXpcWQnaB1YYA==",
}
"""Of `123456789`, as the algorithms' authors publish them."""
WAYS = ("header", "signed trailer", "unsigned trailer")
FULL_OBJECT_ONLY, COMPOSITE_OR_FULL = ("crc64nvme",), ("crc32", "crc32c")
PART_BYTES = 5 << 20


def value_of(algorithm: str, data: bytes) -> str:
    return base64.b64encode(ALGORITHMS[algorithm](data)).decode()


def name_of(algorithm: str) -> str:
    return f"x-amz-checksum-{algorithm}"


@pytest.fixture(scope="module", autouse=True)
def bucket(target: Target) -> str:
    assert target.send(target.signed("PUT", f"/{BUCKET}")).status == 200
    return BUCKET


def upload(
    target: Target, way: str, path: str, data: bytes, algorithm: str, value: str, query: dict[str, str] | None = None
) -> RawRequest:
    """A PUT that promises `value`."""
    if way == "header":
        return target.signed("PUT", path, data, query=query, fields={name_of(algorithm): value})
    payload = signing.STREAMING_SIGNED_TRAILER if way == "signed trailer" else signing.STREAMING_UNSIGNED_TRAILER
    trailer = f"{name_of(algorithm)}:{value}"
    fields = {"x-amz-sdk-checksum-algorithm": algorithm.upper()}
    return target.streamed("PUT", path, data, payload=payload, query=query, fields=fields, trailer=trailer)


def head(target: Target, path: str) -> WireAnswer:
    return target.send(target.signed("HEAD", path, fields={"x-amz-checksum-mode": "ENABLED"}))


@pytest.mark.parametrize("algorithm", CHECK_VALUES)
def test_check_values(algorithm: str) -> None:
    assert value_of(algorithm, b"123456789") == CHECK_VALUES[algorithm]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_put(algorithm: str, way: str, target: Target) -> None:
    for size in SIZES:
        data, path = bytes(size % 251 for _ in range(size)), f"/{BUCKET}/{uuid.uuid4().hex}"
        value = value_of(algorithm, data)
        stored = target.send(upload(target, way, path, data, algorithm, value))
        assert (stored.status, stored.headers[name_of(algorithm)]) == (200, value), stored.body
        answer = head(target, path)
        assert answer.headers[name_of(algorithm)] == value
        assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
        assert name_of(algorithm) not in target.send(target.signed("HEAD", path)).headers
        copied = target.send(target.signed("PUT", path + "-copy", fields={"x-amz-copy-source": path}))
        assert copied.element(f"Checksum{algorithm.upper()}") == value
        assert head(target, path + "-copy").headers[name_of(algorithm)] == value


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_wrong_value(algorithm: str, way: str, target: Target) -> None:
    for data in (b"123456789", b"x" * 70_000):
        path = f"/{BUCKET}/{uuid.uuid4().hex}"
        answer = target.send(upload(target, way, path, data, algorithm, value_of(algorithm, data + b"!")))
        message = f"The {algorithm.upper()} you specified did not match the calculated checksum."
        assert (answer.status, answer.code, answer.element("Message")) == (400, "BadDigest", message)
        assert head(target, path).status == 404


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("value", ["", "!", "AAAA", "AAAAAAAA", "A" * 200, "AAAAAAA=="])
def test_values_that_are_none(algorithm: str, value: str, target: Target) -> None:
    path = f"/{BUCKET}/none"
    for way, kind in (("header", "header"), ("unsigned trailer", "trailing header")):
        answer = target.send(upload(target, way, path, b"data", algorithm, value))
        expected = f"Value for {name_of(algorithm)} {kind} is invalid."
        assert (answer.status, answer.code, answer.element("Message")) == (400, "InvalidRequest", expected)
    assert head(target, path).status == 404


def test_trailing_bits_of_base64_must_be_zero(target: Target) -> None:
    """`AAAAAB==` decodes to the four bytes of `AAAAAA==` in lenient decoders."""
    answer = target.send(upload(target, "header", f"/{BUCKET}/none", b"", "crc32", "AAAAAB=="))
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert target.send(upload(target, "header", f"/{BUCKET}/some", b"", "crc32", "AAAAAA==")).status == 200


TOO_MANY = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "x"}, "InvalidRequest", TOO_MANY),
        (
            {"x-amz-checksum-crc33": "AAAAAA=="},
            "InvalidRequest",
            "The algorithm type you specified in x-amz-checksum- header is invalid.",
        ),
        (
            {"x-amz-sdk-checksum-algorithm": "CRC32"},
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers"
            " were found.",
        ),
        (
            {"x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": "AAAAAA=="},
            "InvalidRequest",
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
        ),
        ({"x-amz-trailer": "x-amz-checksum-crc32"}, "MalformedTrailerError", ""),
        ({"content-md5": "AAAA", "x-amz-checksum-crc32": "!"}, "InvalidDigest", ""),
        ({"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==", "x-amz-checksum-crc32": "!"}, "InvalidRequest", ""),
    ],
)
def test_rules_of_the_headers(fields: dict[str, str], code: str, message: str, target: Target) -> None:
    answer = target.send(target.signed("PUT", f"/{BUCKET}/none", b"data", fields=fields))
    assert (answer.status, answer.code) == (400, code)
    assert message in ("", answer.element("Message"))
    assert head(target, f"/{BUCKET}/none").status == 404


# ---- multipart


def complete(upload_id: str, parts: list[tuple[str, str]], algorithm: str = "") -> bytes:
    listed = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>"
        + (f"<Checksum{algorithm.upper()}>{value}</Checksum{algorithm.upper()}>" if algorithm else "")
        + "</Part>"
        for number, (etag, value) in enumerate(parts, 1)
    )
    return f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()


def composite(algorithm: str, pieces: list[bytes]) -> str:
    joined = b"".join(ALGORITHMS[algorithm](piece) for piece in pieces)
    return f"{value_of(algorithm, joined)}-{len(pieces)}"


def types_of(algorithm: str) -> tuple[str, ...]:
    if algorithm in FULL_OBJECT_ONLY:
        return ("FULL_OBJECT",)
    return ("COMPOSITE", "FULL_OBJECT") if algorithm in COMPOSITE_OR_FULL else ("COMPOSITE",)


MULTIPART = [(algorithm, kind) for algorithm in ALGORITHMS for kind in types_of(algorithm)]


@pytest.mark.parametrize(("algorithm", "kind"), MULTIPART)
def test_multipart(algorithm: str, kind: str, target: Target) -> None:
    path = f"/{BUCKET}/{uuid.uuid4().hex}"
    fields = {"x-amz-checksum-algorithm": algorithm.upper(), "x-amz-checksum-type": kind}
    created = target.send(target.signed("POST", path, query={"uploads": ""}, fields=fields))
    upload_id = created.element("UploadId")
    pieces = [b"a" * PART_BYTES, b"tail" * 1000]
    parts = []
    for number, (piece, way) in enumerate(zip(pieces, ("header", "unsigned trailer"), strict=True), 1):
        query = {"uploadId": upload_id, "partNumber": str(number)}
        value = value_of(algorithm, piece)
        wrong = target.send(upload(target, way, path, piece[:9000], algorithm, value_of(algorithm, b"other"), query))
        assert (wrong.status, wrong.code) == (400, "BadDigest")
        stored = target.send(upload(target, way, path, piece, algorithm, value, query))
        assert stored.headers[name_of(algorithm)] == value, stored.body
        parts.append((stored.headers["etag"], value))
    listed = target.send(target.signed("GET", path, query={"uploadId": upload_id}))
    assert listed.elements(f"Checksum{algorithm.upper()}") == [value for _, value in parts]
    document = complete(upload_id, parts, algorithm)
    done = target.send(target.signed("POST", path, document, query={"uploadId": upload_id}))
    whole = composite(algorithm, pieces) if kind == "COMPOSITE" else value_of(algorithm, b"".join(pieces))
    assert done.element(f"Checksum{algorithm.upper()}") == whole, done.body
    answer = head(target, path)
    assert (answer.headers[name_of(algorithm)], answer.headers["x-amz-checksum-type"]) == (whole, kind)
    first = target.send(
        target.signed("HEAD", path, query={"partNumber": "1"}, fields={"x-amz-checksum-mode": "ENABLED"})
    )
    assert first.headers[name_of(algorithm)] == parts[0][1]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_types_that_do_not_exist(algorithm: str, target: Target) -> None:
    for kind in {"COMPOSITE", "FULL_OBJECT", "PARTIAL"} - set(types_of(algorithm)):
        fields = {"x-amz-checksum-algorithm": algorithm.upper(), "x-amz-checksum-type": kind}
        answer = target.send(target.signed("POST", f"/{BUCKET}/none", query={"uploads": ""}, fields=fields))
        assert (answer.status, answer.code) == (400, "InvalidRequest"), kind


def test_a_part_with_another_algorithm(target: Target) -> None:
    path = f"/{BUCKET}/mixed"
    fields = {"x-amz-checksum-algorithm": "CRC32"}
    created = target.send(target.signed("POST", path, query={"uploads": ""}, fields=fields))
    query = {"uploadId": created.element("UploadId"), "partNumber": "1"}
    answer = target.send(upload(target, "header", path, b"x", "crc32c", value_of("crc32c", b"x"), query))
    message = "Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: crc32c"
    assert (answer.code, answer.element("Message")) == ("InvalidRequest", message)
    bare: Any = target.send(target.signed("PUT", path, b"x", query=query))
    assert bare.element("Message").endswith("actual checksum Type: null")


def test_without_any_checksum_one_is_made(target: Target) -> None:
    path = f"/{BUCKET}/made"
    stored = target.send(target.signed("PUT", path, b"123456789"))
    assert stored.headers["x-amz-checksum-crc64nvme"] == CHECK_VALUES["crc64nvme"]
    assert head(target, path).headers["x-amz-checksum-crc64nvme"] == CHECK_VALUES["crc64nvme"]
    ranged = target.send(target.signed("GET", path, fields={"x-amz-checksum-mode": "ENABLED", "range": "bytes=0-3"}))
    assert (ranged.status, ranged.body) == (206, b"1234")
    assert "x-amz-checksum-crc64nvme" not in ranged.headers
