from __future__ import annotations

import time
from typing import Any

import pytest

from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.public_reads import PublicReads


def request(method: str, target: bytes = b"/k?acl&versionId=x") -> Request:
    body: Any = None
    return Request(method, target, (), {}, body, "192.0.2.1", False, "R", time.time_ns())


async def test_only_what_anybody_may_read(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/open", b"content", fields={"x-amz-acl": "public-read"})
    await s3_world.send("PUT", "/bucket/closed", b"secret")
    bucket = await s3_world.services.directory.get("bucket")
    reads = PublicReads(s3_world.services.authoriser, s3_world.services.handlers)
    assert (await reads.fetch(request("GET"), bucket, b"open")).body == b"content"
    assert (await reads.fetch(request("HEAD"), bucket, b"open")).status == 200
    for key in (b"closed", b"none"):
        with pytest.raises(S3Error) as refusal:
            await reads.fetch(request("GET"), bucket, key)
        assert refusal.value.code == "AccessDenied"


async def test_failures_below_are_refusals_and_defects_stay_defects(s3_world: Any) -> None:
    from photoncloud.lightningstor.errors import IndexUnavailable, StoreDamaged

    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/open", b"content", fields={"x-amz-acl": "public-read"})
    bucket = await s3_world.services.directory.get("bucket")

    def reads(error: Exception) -> PublicReads:
        async def fail(call: Any) -> Any:
            raise error

        return PublicReads(s3_world.services.authoriser, {"GetObject": fail})

    with pytest.raises(S3Error) as refusal:
        await reads(IndexUnavailable("away", maybe_applied=False)).fetch(request("GET"), bucket, b"open")
    assert refusal.value.code == "ServiceUnavailable"
    with pytest.raises(StoreDamaged):
        await reads(StoreDamaged("blob", "x")).fetch(request("GET"), bucket, b"open")
