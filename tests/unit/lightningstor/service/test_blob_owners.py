"""From a blob back to the names people know."""

from __future__ import annotations

from typing import Any

from photoncloud.lightningstor.service.blob_owners import BlobOwners

LARGE = b"x" * 100_000


async def blobs(world: Any) -> list[bytes]:
    return [blob async for blob, _, _ in world.engines.blobs.list()]


async def test_objects_copies_parts_and_nobody(s3_world: Any) -> None:
    owners = BlobOwners(s3_world.index)
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/a/large", LARGE)
    [blob] = await blobs(s3_world)
    assert await owners.find(blob) == ["bucket/a/large"]
    await s3_world.send("PUT", "/bucket/copy", fields={"x-amz-copy-source": "bucket/a/large"})
    assert sorted(await owners.find(blob)) == ["bucket/a/large", "bucket/copy"]
    assert await owners.find(b"\0" * 16) == []


async def test_parts(s3_world: Any) -> None:
    owners = BlobOwners(s3_world.index)
    await s3_world.send("PUT", "/bucket")
    upload = (await s3_world.send("POST", "/bucket/k?uploads")).text("UploadId")
    part = await s3_world.send("PUT", f"/bucket/k?uploadId={upload}&partNumber=1", LARGE)
    [blob] = await blobs(s3_world)
    assert await owners.find(blob) == [f"upload {upload}"]
    etag = part.headers["etag"]
    body = (
        f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    )
    assert (await s3_world.send("POST", f"/bucket/k?uploadId={upload}", body.encode())).status == 200
    assert await owners.find(blob) == ["bucket/k"]
