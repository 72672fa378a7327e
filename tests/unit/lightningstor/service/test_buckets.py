"""Create, delete, head, list: lightningstor.md §4.8 and the "lives" protocol of §5.5."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Compare, Delete, Transaction
from photoncloud.lightningstor.errors import IndexUnavailable, S3Error

LOCATION = b"<CreateBucketConfiguration><LocationConstraint>%b</LocationConstraint></CreateBucketConfiguration>"


async def test_create_and_head(s3_world: Any) -> None:
    created = await s3_world.send("PUT", "/bucket")
    assert (created.status, created.headers["location"], created.body) == (200, "/bucket", b"")
    head = await s3_world.send("HEAD", "/bucket")
    assert (head.status, head.headers["x-amz-bucket-region"]) == (200, "us-east-1")
    location = await s3_world.send("GET", "/bucket?location")
    assert location.body.endswith(b'2006-03-01/"></LocationConstraint>')


@pytest.mark.parametrize("name", ["ab", "Bucket", "a..b", "192.168.0.1", "xn--abc"])
async def test_names_are_checked(s3_world: Any, name: str) -> None:
    reply = await s3_world.send("PUT", f"/{name}")
    assert (reply.status, reply.code, reply.text("BucketName")) == (400, "InvalidBucketName", name)


async def test_again_by_its_owner_resets_the_acl(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket", fields={"x-amz-acl": "public-read"})
    assert "AllUsers" in (await s3_world.send("GET", "/bucket?acl")).body.decode()
    assert (await s3_world.send("PUT", "/bucket")).status == 200
    assert "AllUsers" not in (await s3_world.send("GET", "/bucket?acl")).body.decode()


async def test_again_by_another_account(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    reply = await s3_world.send("PUT", "/bucket", user="stranger")
    assert (reply.status, reply.code) == (409, "BucketAlreadyExists")


async def test_again_outside_us_east_1(s3_world: Any) -> None:
    s3_world.services.settings = s3_world.services.settings.model_copy(
        update={"server": s3_world.services.settings.server.model_copy(update={"region": "eu-1"})}
    )
    rules = s3_world.services.buckets._rules
    s3_world.services.buckets._rules = lambda: _replaced(rules(), region="eu-1")
    assert (await s3_world.send("PUT", "/bucket")).status == 200
    reply = await s3_world.send("PUT", "/bucket")
    assert (reply.status, reply.code) == (409, "BucketAlreadyOwnedByYou")


def _replaced(rules: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(rules, **changes)


async def test_location_constraints(s3_world: Any) -> None:
    refused = await s3_world.send("PUT", "/bucket", LOCATION % b"mars-1")
    assert (refused.status, refused.code) == (400, "IllegalLocationConstraintException")
    rules = s3_world.services.buckets._rules
    s3_world.services.buckets._rules = lambda: _replaced(rules(), accept_regions=("mars-1",))
    assert (await s3_world.send("PUT", "/bucket", LOCATION % b"mars-1")).status == 200
    assert (await s3_world.send("GET", "/bucket?location")).text("LocationConstraint") == "mars-1"


async def test_creation_fields(s3_world: Any) -> None:
    fields = {"x-amz-bucket-object-lock-enabled": "true", "x-amz-object-ownership": "BucketOwnerPreferred"}
    tags = (
        b"<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>"
    )
    assert (await s3_world.send("PUT", "/bucket", tags, fields=fields)).status == 200
    assert (await s3_world.send("GET", "/bucket?versioning")).text("Status") == "Enabled"
    assert (await s3_world.send("GET", "/bucket?ownershipControls")).text("ObjectOwnership") == "BucketOwnerPreferred"
    assert (await s3_world.send("GET", "/bucket?tagging")).text("Value") == "b"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"x-amz-object-ownership": "Nobody"}, "InvalidArgument"),
        ({"x-amz-acl": "nonsense"}, "InvalidArgument"),
        ({"x-amz-acl": "private", "x-amz-grant-read": "id=x"}, "InvalidRequest"),
        (
            {"x-amz-object-ownership": "BucketOwnerEnforced", "x-amz-acl": "public-read"},
            "InvalidBucketAclWithObjectOwnership",
        ),
    ],
)
async def test_creation_fields_are_checked(s3_world: Any, fields: dict[str, str], code: str) -> None:
    assert (await s3_world.send("PUT", "/bucket", fields=fields)).code == code
    assert (await s3_world.send("HEAD", "/bucket")).status == 404


async def test_lock_needs_the_feature(s3_world: Any) -> None:
    rules = s3_world.services.buckets._rules
    s3_world.services.buckets._rules = lambda: _replaced(rules(), offers_lock=False)
    reply = await s3_world.send("PUT", "/bucket", fields={"x-amz-bucket-object-lock-enabled": "true"})
    assert (reply.status, reply.code) == (501, "NotImplemented")


async def test_new_buckets_may_block_public_access(s3_world: Any) -> None:
    rules = s3_world.services.buckets._rules
    s3_world.services.buckets._rules = lambda: _replaced(
        rules(), block_public_access=True, default_ownership="ObjectWriter"
    )
    assert (await s3_world.send("PUT", "/bucket", fields={"x-amz-acl": "public-read"})).code == "AccessDenied"
    assert (await s3_world.send("PUT", "/bucket")).status == 200
    assert (await s3_world.send("GET", "/bucket?publicAccessBlock")).texts("BlockPublicPolicy") == ["true"]
    assert (await s3_world.send("GET", "/bucket?ownershipControls")).text("ObjectOwnership") == "ObjectWriter"


async def test_an_account_may_own_so_many(s3_world: Any) -> None:
    rules = s3_world.services.buckets._rules
    s3_world.services.buckets._rules = lambda: _replaced(rules(), max_per_account=2)
    for name in ("one-bucket", "two-bucket"):
        assert (await s3_world.send("PUT", f"/{name}")).status == 200
    assert (await s3_world.send("PUT", "/three-bucket")).code == "TooManyBuckets"
    assert (await s3_world.send("PUT", "/one-bucket")).status == 200
    assert (await s3_world.send("PUT", "/three-bucket", user="stranger")).status == 200


async def test_sixteen_creators_make_one_bucket(s3_world: Any) -> None:
    users = ["root", "stranger"] * 8
    replies = await asyncio.gather(*(s3_world.send("PUT", "/bucket", user=user) for user in users))
    codes = {reply.code for reply in replies}
    assert codes <= {"", "BucketAlreadyExists", "OperationAborted"}
    buckets = [record.name async for record in s3_world.services.buckets.all_buckets()]
    assert buckets == ["bucket"]


# ---- delete


async def test_delete(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.put_policy(
        "bucket", {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    )
    assert (await s3_world.send("DELETE", "/bucket")).status == 204
    assert (await s3_world.send("HEAD", "/bucket")).status == 404
    cursor = await s3_world.index.cursor(b"b", b"c")
    assert await cursor.take(10) == []


async def test_a_bucket_with_objects_stays(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/k", b"x")
    reply = await s3_world.send("DELETE", "/bucket")
    assert (reply.status, reply.code) == (409, "BucketNotEmpty")
    assert reply.text("Message") == "The bucket you tried to delete is not empty"
    assert (await s3_world.send("PUT", "/bucket/k2", b"x")).status == 200


async def test_a_bucket_with_old_versions_stays(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket", fields={"x-amz-bucket-object-lock-enabled": "true"})
    await s3_world.send("PUT", "/bucket/k", b"x")
    await s3_world.send("DELETE", "/bucket/k")
    reply = await s3_world.send("DELETE", "/bucket")
    assert reply.text("Message") == (
        "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
    )


async def test_unfinished_uploads_do_not_keep_a_bucket(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    upload = (await s3_world.send("POST", "/bucket/k?uploads")).text("UploadId")
    await s3_world.send("PUT", f"/bucket/k?uploadId={upload}&partNumber=1", b"part")
    assert (await s3_world.send("DELETE", "/bucket")).status == 204
    assert (await s3_world.send("PUT", "/bucket")).status == 200
    assert (await s3_world.send("GET", "/bucket?uploads")).texts("UploadId") == []


async def test_a_write_that_races_with_a_deletion_is_never_lost(s3_world: Any) -> None:
    """Either the bucket goes and the write fails, or the write stands and the bucket stays."""
    for _ in range(20):
        await s3_world.send("PUT", "/race-bucket")
        deleted, written = await asyncio.gather(
            s3_world.send("DELETE", "/race-bucket"), s3_world.send("PUT", "/race-bucket/k", b"x")
        )
        assert deleted.status in (204, 409)
        if written.status == 200:
            assert deleted.status == 409
            assert (await s3_world.send("GET", "/race-bucket/k")).body == b"x"
            await s3_world.send("DELETE", "/race-bucket/k")
            await s3_world.send("DELETE", "/race-bucket")
        else:
            assert written.code in ("NoSuchBucket", "SlowDown")


async def test_a_deletion_that_died_half_way_is_undone_at_the_next_start(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    bucket = await s3_world.services.directory.get("bucket")
    lives = key_space.lives(bucket.record.id)
    await s3_world.index.commit(Transaction((Compare(lives, bucket.lives_revision),), (Delete(lives),)))
    s3_world.services.directory.forget("bucket")
    assert (await s3_world.send("PUT", "/bucket/k", b"x")).code == "SlowDown"
    assert await s3_world.services.buckets.recover() == ["bucket"]
    assert (await s3_world.send("PUT", "/bucket/k", b"x")).status == 200
    assert await s3_world.services.buckets.recover() == []


async def test_a_deletion_that_fails_half_way_puts_the_bucket_back(s3_world: Any) -> None:
    class Broken:
        async def abort_all(self, bucket: Any) -> None:
            raise IndexUnavailable("away", maybe_applied=False)

    await s3_world.send("PUT", "/bucket")
    around = s3_world.services.buckets._around
    s3_world.services.buckets._around = _replaced(around, uploads=Broken())
    assert (await s3_world.send("DELETE", "/bucket")).code == "ServiceUnavailable"
    assert (await s3_world.send("PUT", "/bucket/k", b"x")).status == 200


async def test_two_deletions_at_once(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    bucket = await s3_world.services.directory.get("bucket")
    results = await asyncio.gather(
        *(s3_world.services.buckets.remove(bucket) for _ in range(4)), return_exceptions=True
    )
    assert sum(1 for result in results if result is None) == 1
    assert {error.code for error in results if isinstance(error, S3Error)} == {"OperationAborted"}


# ---- list


async def test_list_is_sorted_and_only_ones_own(s3_world: Any) -> None:
    for name in ("zebra", "apple", "mango"):
        await s3_world.send("PUT", f"/{name}")
    await s3_world.send("PUT", "/foreign", user="stranger")
    reply = await s3_world.send("GET", "/")
    assert reply.texts("Name") == ["apple", "mango", "zebra"]
    assert reply.texts("BucketRegion") == ["us-east-1"] * 3
    assert reply.text("ContinuationToken") is None
    assert (await s3_world.send("GET", "/", user="alice")).texts("Name") == ["apple", "mango", "zebra"]
    assert (await s3_world.send("GET", "/", user="stranger")).texts("Name") == ["foreign"]
    assert (await s3_world.send("GET", "/", user="")).code == "AccessDenied"
    assert (await s3_world.send("GET", "/", user="powerless")).code == "AccessDenied"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10])
async def test_pages_cover_everything_once(s3_world: Any, size: int) -> None:
    names = [f"bucket-{number}" for number in range(7)]
    for name in [*names, "other-bucket"]:
        await s3_world.send("PUT", f"/{name}")
    found: list[str] = []
    token = ""
    while True:
        suffix = f"&continuation-token={token}" if token else ""
        reply = await s3_world.send("GET", f"/?max-buckets={size}&prefix=bucket-{suffix}")
        assert len(reply.texts("Name")) <= size
        found += reply.texts("Name")
        token = reply.text("ContinuationToken") or ""
        if not token:
            break
    assert found == names


async def test_list_refuses_nonsense(s3_world: Any) -> None:
    for value in ("0", "10001", "-1", "x", "1.5", ""):
        assert (await s3_world.send("GET", f"/?max-buckets={value}")).code == "InvalidArgument"
    for value in ("", "nonsense", "AAAA"):
        assert (await s3_world.send("GET", f"/?continuation-token={value}")).code == "InvalidArgument"


async def test_a_token_belongs_to_its_listing(s3_world: Any) -> None:
    for number in range(3):
        await s3_world.send("PUT", f"/bucket-{number}")
    token = (await s3_world.send("GET", "/?max-buckets=1")).text("ContinuationToken")
    assert (await s3_world.send("GET", f"/?prefix=b&continuation-token={token}")).code == "InvalidArgument"


async def test_region_filter(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    assert (await s3_world.send("GET", "/?bucket-region=us-east-1")).texts("Name") == ["bucket"]
    assert (await s3_world.send("GET", "/?bucket-region=mars-1")).texts("Name") == []
