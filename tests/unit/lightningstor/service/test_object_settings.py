"""Tags, retention, legal hold and ACL of versions that exist already."""

import base64
import hashlib

import pytest

from photoncloud.lightningstor.core import acl
from photoncloud.lightningstor.service.object_settings import _HEADER_AND_BODY

MD5 = "content-md5"


def _tags(**tags):
    inside = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in tags.items())
    return f"<Tagging><TagSet>{inside}</TagSet></Tagging>".encode()


async def test_tags(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"bytes stay", x_amz_tagging="a=1")
    reply = await world.call("PutObjectTagging", bucket, "k", _tags(b="2", c="3"))
    assert (reply.status, reply.body) == (200, b"")
    assert (
        b"<TagSet><Tag><Key>b</Key><Value>2</Value></Tag>" in (await world.call("GetObjectTagging", bucket, "k")).body
    )
    assert reply_header(await world.call("HeadObject", bucket, "k"), "x-amz-tagging-count") == "2"
    assert (await world.call("DeleteObjectTagging", bucket, "k")).status == 204
    assert (await world.call("GetObjectTagging", bucket, "k")).body.endswith(b"<TagSet></TagSet></Tagging>")
    assert await world.get(bucket, "k") == b"bytes stay"


async def test_changing_a_version_keeps_its_id_position_and_time(world, reply_header):
    bucket = await world.bucket(versioning="Enabled")
    first = await world.put(bucket, "k", b"1")
    second = await world.put(bucket, "k", b"2")
    before = reply_header(await world.call("HeadObject", bucket, "k", versionId=first), "last-modified")
    reply = await world.call("PutObjectTagging", bucket, "k", _tags(a="1"), versionId=first)
    assert reply_header(reply, "x-amz-version-id") == first
    assert reply_header(await world.call("HeadObject", bucket, "k"), "x-amz-version-id") == second
    head = await world.call("HeadObject", bucket, "k", versionId=first)
    assert reply_header(head, "last-modified") == before
    assert reply_header(head, "x-amz-tagging-count") == "1"
    assert reply_header(await world.call("HeadObject", bucket, "k"), "x-amz-tagging-count") is None


async def test_versions_that_cannot_be_changed(world, reply_header):
    bucket = await world.bucket(versioning="Enabled")
    assert (await world.refused("GetObjectTagging", bucket, "k")).code == "NoSuchKey"
    assert (await world.refused("PutObjectTagging", bucket, "k", _tags(), versionId="0" * 32)).code == "NoSuchVersion"
    marker = reply_header(await world.call("DeleteObject", bucket, "k"), "x-amz-version-id")
    assert (await world.refused("PutObjectTagging", bucket, "k", _tags(a="1"))).code == "MethodNotAllowed"
    assert (await world.refused("GetObjectTagging", bucket, "k", versionId=marker)).code == "MethodNotAllowed"


def _signed(document):
    return document, {MD5: base64.b64encode(hashlib.md5(document).digest()).decode()}


def _retention(mode, until):
    return _signed(f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>".encode())


async def test_retention(world, reply_header):
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True)
    await world.put(bucket, "k", b"1")
    refusal = await world.refused("GetObjectRetention", bucket, "k")
    assert (refusal.code, refusal.message) == (
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
    )
    await world.call("PutObjectRetention", bucket, "k", *_retention("GOVERNANCE", "2030-01-01T00:00:00Z"))
    document = (await world.call("GetObjectRetention", bucket, "k")).body
    assert b"<Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00.000Z</RetainUntilDate>" in document
    shorter = _retention("GOVERNANCE", "2029-01-01T00:00:00Z")
    assert (await world.refused("PutObjectRetention", bucket, "k", *shorter)).code == "AccessDenied"
    body, headers = shorter
    headers = {**headers, "x-amz-bypass-governance-retention": "true"}
    world.rights.denied = {"s3:BypassGovernanceRetention"}
    assert (await world.refused("PutObjectRetention", bucket, "k", body, headers)).code == "AccessDenied"
    world.rights.denied = set()
    await world.call("PutObjectRetention", bucket, "k", body, headers)
    assert reply_header(await world.call("HeadObject", bucket, "k"), "x-amz-object-lock-mode") == "GOVERNANCE"


async def test_legal_hold(world):
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True)
    version = await world.put(bucket, "k", b"1")
    await world.call("PutObjectLegalHold", bucket, "k", *_signed(b"<LegalHold><Status>ON</Status></LegalHold>"))
    assert b"<Status>ON</Status>" in (await world.call("GetObjectLegalHold", bucket, "k")).body
    assert (await world.refused("DeleteObject", bucket, "k", versionId=version)).code == "AccessDenied"
    assert (await world.refused("GetObjectRetention", bucket, "k")).code == "NoSuchObjectLockConfiguration"
    await world.call("PutObjectLegalHold", bucket, "k", *_signed(b"<LegalHold><Status>OFF</Status></LegalHold>"))
    await world.call("DeleteObject", bucket, "k", versionId=version)


@pytest.mark.parametrize("operation", ["PutObjectRetention", "PutObjectLegalHold"])
async def test_locks_need_a_bucket_with_lock_and_a_digest(world, operation):
    plain = await world.bucket("plain")
    await world.put(plain, "k", b"1")
    refusal = await world.refused(operation, plain, "k", *_retention("GOVERNANCE", "2030-01-01T00:00:00Z"))
    assert (refusal.code, refusal.message) == ("InvalidRequest", "Bucket is missing Object Lock Configuration")
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True)
    await world.put(bucket, "k", b"1")
    refusal = await world.refused(operation, bucket, "k", b"<Retention/>")
    assert refusal.message == "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"


async def test_default_retention_of_the_bucket(world):
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True, default_lock=("COMPLIANCE", 1, "Days"))
    version = await world.put(bucket, "k", b"1")
    assert b"<Mode>COMPLIANCE</Mode>" in (await world.call("GetObjectRetention", bucket, "k")).body
    assert (await world.refused("DeleteObject", bucket, "k", versionId=version)).code == "AccessDenied"


async def test_acl(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    private = (await world.call("GetObjectAcl", bucket, "k")).body
    assert private.count(b"<Grant>") == 1
    await world.call("PutObjectAcl", bucket, "k", headers={"x-amz-acl": "public-read"})
    public = (await world.call("GetObjectAcl", bucket, "k")).body
    assert acl.ALL_USERS.encode() in public
    await world.call("PutObjectAcl", bucket, "k", private)
    assert (await world.call("GetObjectAcl", bucket, "k")).body.count(b"<Grant>") == 1
    refusal = await world.refused("PutObjectAcl", bucket, "k", private, {"x-amz-acl": "private"})
    assert (refusal.code, refusal.message) == ("UnexpectedContent", _HEADER_AND_BODY)


async def test_acl_the_bucket_forbids(world):
    enforced = await world.bucket("enforced", ownership="BucketOwnerEnforced")
    await world.put(enforced, "k", b"1")
    refusal = await world.refused("PutObjectAcl", enforced, "k", headers={"x-amz-acl": "public-read"})
    assert refusal.code == "AccessControlListNotSupported"
    assert (await world.refused("PutObject", enforced, "k", b"", {"x-amz-acl": "public-read"})).code == (
        "AccessControlListNotSupported"
    )
    await world.call("PutObject", enforced, "k", b"", {"x-amz-acl": "bucket-owner-full-control"})
    block = b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"
    blocked = await world.bucket("blocked", documents={"public-access": block})
    refusal = await world.refused("PutObject", blocked, "k", b"", {"x-amz-acl": "public-read"})
    assert refusal.code == "AccessDenied"


async def test_events(world):
    bucket = await world.bucket(documents={"notification": b"<x/>"})
    await world.put(bucket, "k", b"1")
    await world.call("PutObjectTagging", bucket, "k", _tags(a="1"))
    await world.call("DeleteObjectTagging", bucket, "k")
    await world.call("PutObjectAcl", bucket, "k", headers={"x-amz-acl": "private"})
    events = [event for event, *_ in world.events]
    assert events[1:] == ["s3:ObjectTagging:Put", "s3:ObjectTagging:Delete", "s3:ObjectAcl:Put"]
