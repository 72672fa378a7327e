"""The client side of signatures against the examples Amazon publishes for S3 (SigV4, 24 May 2013)."""

from __future__ import annotations

import base64
import json

from photoncloud.testkit.s3_signing import (
    EMPTY_SHA256,
    STREAMING_SIGNED,
    ChunkSigner,
    Signer,
    query_text,
    signed_body,
    stamp_of,
    unsigned_body,
)

EXAMPLE = Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
STAMP = "20130524T000000Z"
HOST = "examplebucket.s3.amazonaws.com"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"


def test_a_signed_get() -> None:
    fields = {"host": HOST, "range": "bytes=0-9", "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": STAMP}
    value = EXAMPLE.header("GET", "/test.txt", "", fields, stamp=STAMP, signed=fields)
    assert value.endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    assert "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request" in value


def test_a_signed_list() -> None:
    fields = {"host": HOST, "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": STAMP}
    query = query_text({"prefix": "J", "max-keys": "2"})
    value = EXAMPLE.header("GET", "/", query, fields, stamp=STAMP)
    assert value.endswith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")


def test_a_presigned_get() -> None:
    query = EXAMPLE.presigned("GET", "/test.txt", {}, {"host": HOST}, stamp=STAMP, expires="86400")
    assert query.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_signed_chunks() -> None:
    fields = {
        "host": "s3.amazonaws.com",
        "x-amz-date": STAMP,
        "x-amz-content-sha256": STREAMING_SIGNED,
        "x-amz-decoded-content-length": "66560",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "content-encoding": "aws-chunked",
        "content-length": "66824",
    }
    path = "/examplebucket/chunkObject.txt"
    value = EXAMPLE.header("PUT", path, "", fields, stamp=STAMP, signed=fields)
    assert value.rpartition("=")[2] == SEED
    body = signed_body(ChunkSigner(EXAMPLE, STAMP, SEED), b"a" * 66560)
    assert body.startswith(
        b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
    )
    assert b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" in body
    end = b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
    assert body.endswith(end)
    assert len(body) == 66824


def test_a_signed_trailer_follows_the_last_chunk() -> None:
    body = signed_body(ChunkSigner(EXAMPLE, STAMP, SEED), b"a", trailer="x-amz-checksum-crc32c:wdBDMA==")
    lines = body.split(b"\r\n")
    assert lines[3] == b"x-amz-checksum-crc32c:wdBDMA=="
    assert lines[4].startswith(b"x-amz-trailer-signature:")
    assert lines[5:] == [b"", b""]


def test_unsigned_chunks() -> None:
    assert unsigned_body(b"abc", chunk_bytes=2, trailer="a:b") == b"2\r\nab\r\n1\r\nc\r\n0\r\na:b\r\n\r\n"


def test_a_form_signs_its_policy() -> None:
    fields = EXAMPLE.form({"conditions": []}, stamp=STAMP)
    assert json.loads(base64.b64decode(fields["policy"])) == {"conditions": []}
    assert fields["x-amz-signature"] == EXAMPLE.sign(STAMP, fields["policy"])


def test_stamps() -> None:
    assert stamp_of(0) == "19700101T000000Z"
    assert len(stamp_of()) == len(STAMP)
