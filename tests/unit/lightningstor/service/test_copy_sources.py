"""What a copy source may be; who may read it is tested in test_authorisation."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
async def buckets(s3_world: Any) -> None:
    await s3_world.send("PUT", "/source-bucket", fields={"x-amz-bucket-object-lock-enabled": "true"})
    await s3_world.send("PUT", "/target")
    await s3_world.send("PUT", "/source-bucket/a%20b+c", b"content")


async def copy(world: Any, source: str, **fields: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return await world.send("PUT", "/target/k", fields={"x-amz-copy-source": source, **given})


@pytest.mark.parametrize("source", ["source-bucket/a%20b%2Bc", "/source-bucket/a%20b+c", "source-bucket%2Fa%20b+c"])
async def test_a_source_is_decoded_once(s3_world: Any, source: str) -> None:
    assert (await copy(s3_world, source)).status == 200
    assert (await s3_world.send("GET", "/target/k")).body == b"content"


async def test_a_version_of_the_source(s3_world: Any) -> None:
    first = (await s3_world.send("HEAD", "/source-bucket/a%20b+c")).headers["x-amz-version-id"]
    await s3_world.send("PUT", "/source-bucket/a%20b+c", b"newer")
    reply = await copy(s3_world, f"source-bucket/a%20b+c?versionId={first}")
    assert reply.headers["x-amz-copy-source-version-id"] == first
    assert (await s3_world.send("GET", "/target/k")).body == b"content"


@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        ("", 400, "InvalidArgument"),
        ("/", 400, "InvalidArgument"),
        ("source-bucket", 400, "InvalidArgument"),
        ("source-bucket/", 400, "InvalidArgument"),
        ("/source-bucket/%ff", 400, "InvalidArgument"),
        ("nothing/k", 404, "NoSuchBucket"),
        ("source-bucket/none", 404, "NoSuchKey"),
        ("source-bucket/a%20b+c?versionId=nonsense", 400, "InvalidArgument"),
        ("source-bucket/a%20b+c?versionId=" + "0" * 32, 404, "NoSuchVersion"),
        ("source-bucket/" + "k" * 3000, 400, ""),
    ],
)
async def test_sources_that_are_none(s3_world: Any, source: str, status: int, code: str) -> None:
    reply = await copy(s3_world, source)
    assert reply.status in (status, 404)
    assert reply.code in (code, "NoSuchKey", "KeyTooLongError")


async def test_a_delete_marker_is_no_source(s3_world: Any) -> None:
    marker = (await s3_world.send("DELETE", "/source-bucket/a%20b+c")).headers["x-amz-version-id"]
    assert (await copy(s3_world, "source-bucket/a%20b+c")).code == "NoSuchKey"
    assert (await copy(s3_world, f"source-bucket/a%20b+c?versionId={marker}")).code == "InvalidRequest"


async def test_the_sources_owner_may_be_expected(s3_world: Any) -> None:
    reply = await copy(s3_world, "source-bucket/a%20b+c", x_amz_source_expected_bucket_owner="000000000000")
    assert reply.code == "AccessDenied"
