"""Evidence and what it says about the body; the rules of signatures themselves are tested with the auth backend."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

HEX = hashlib.sha256(b"body").hexdigest()


@pytest.fixture(autouse=True)
async def bucket(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")


async def test_a_presigned_request_is_its_user(s3_world: Any) -> None:
    target = s3_world.presigned("PUT", "/bucket/k", "alice")
    reply = await s3_world.ask("PUT", target, {"Host": "localhost", "Content-Length": "4"}, b"body")
    assert reply.status == 200
    assert (await s3_world.ask("GET", target, {"Host": "localhost"})).code == "SignatureDoesNotMatch"
    assert (
        await s3_world.ask("PUT", target, {"Host": "elsewhere", "Content-Length": "0"})
    ).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("target", "headers", "code"),
    [
        ("/bucket/k?X-Amz-Algorithm=AWS4-HMAC-SHA256", {}, "AuthorizationQueryParametersError"),
        ("/bucket/k?X-Amz-Signature=abc", {}, "AuthorizationQueryParametersError"),
        ("/bucket/k?X-Amz-Credential=abc", {}, "AuthorizationQueryParametersError"),
        ("/bucket/k?Signature=abc", {}, "InvalidRequest"),
        ("/bucket/k", {"Authorization": "AWS a:b"}, "InvalidRequest"),
        ("/bucket/k", {"Authorization": ""}, "InvalidArgument"),
        ("/bucket/k", {"Authorization": "Bearer x"}, "InvalidArgument"),
        ("/bucket/k", {"Authorization": "AWS4-HMAC-SHA256 nonsense"}, "AuthorizationHeaderMalformed"),
        ("/bucket/k?X-Amz-Signature=a", {"Authorization": "AWS4-HMAC-SHA256 x"}, "InvalidArgument"),
    ],
)
async def test_bad_evidence_is_never_nobody(s3_world: Any, target: str, headers: dict[str, str], code: str) -> None:
    await s3_world.put_policy(
        "bucket", {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"}
    )
    reply = await s3_world.ask("PUT", target, {"Host": "localhost", "Content-Length": "4", **headers}, b"body")
    assert reply.code == code
    assert (await s3_world.send("HEAD", "/bucket/k")).status == 404


async def test_unknown_keys(s3_world: Any) -> None:
    reply = await s3_world.send("GET", "/bucket", user="ghost")
    assert (reply.status, reply.code) == (403, "InvalidAccessKeyId")


async def test_a_wrong_region_is_told_the_right_one(s3_world: Any) -> None:
    reply = await s3_world.send("GET", "/bucket", region="mars-1")
    assert (reply.status, reply.code, reply.text("Region")) == (400, "AuthorizationHeaderMalformed", "us-east-1")
    assert reply.text("Message") == (
        "The authorization header is malformed; the region 'mars-1' is wrong; expecting 'us-east-1'"
    )


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ("UNSIGNED-PAYLOAD", 200),
        (HEX, 200),
        (HEX.upper(), 200),
        ("0" * 64, 400),
        ("unsigned-payload", 400),
        ("nonsense", 400),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", 501),
    ],
)
async def test_payload_declarations(s3_world: Any, payload: str, status: int) -> None:
    assert (await s3_world.send("PUT", "/bucket/k", b"body", payload=payload)).status == status


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ("UNSIGNED-PAYLOAD", ""),
        (HEX, ""),
        ("0" * 64, "XAmzContentSHA256Mismatch"),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "AccessDenied"),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "AccessDenied"),
        ("nonsense", "InvalidArgument"),
    ],
)
async def test_nobody_may_declare_a_payload_but_not_sign_a_stream(s3_world: Any, payload: str, code: str) -> None:
    await s3_world.put_policy(
        "bucket", {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/*"}
    )
    headers = {"Host": "localhost", "Content-Length": "4", "x-amz-content-sha256": payload}
    assert (await s3_world.ask("PUT", "/bucket/k", headers, b"body")).code == code


async def test_nobody_may_stream_without_signatures(s3_world: Any) -> None:
    await s3_world.put_policy(
        "bucket", {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/*"}
    )
    body = b"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:0000\r\n\r\n"
    headers = {
        "Host": "localhost",
        "Content-Length": str(len(body)),
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "4",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    reply = await s3_world.ask("PUT", "/bucket/k", headers, body)
    assert reply.code == "InvalidRequest"  # the checksum is no base64 of four bytes: the trailer was read
