"""Who owns a new object, and its ACL."""

import pytest

from photoncloud.backends.auth.iam.principal import ANONYMOUS, Principal, PrincipalKind
from photoncloud.lightningstor.core import acl, key_space
from photoncloud.lightningstor.core.records import Grant

OTHER = Principal(PrincipalKind.ROOT, "000000000002", "other", "arn:aws:iam::000000000002:root", "b" * 64, "other")


async def _record(world, bucket, principal=None, **headers):
    await world.call("PutObject", bucket, "k", b"", headers, principal=principal)
    return (await world.reader.head(key_space.place(bucket.record.id, b"k"))).record


async def test_the_default_acl_is_not_written_down_for_the_bucket_s_own_account(world):
    record = await _record(world, await world.bucket())
    assert (record.owner, record.grants) == ("a" * 64, ())


@pytest.mark.parametrize("principal", [OTHER, ANONYMOUS])
async def test_who_writes_into_a_foreign_bucket_owns_the_object(world, principal):
    record = await _record(world, await world.bucket(), principal)
    assert record.owner == principal.canonical_id
    assert record.grants == (Grant("id", principal.canonical_id, "FULL_CONTROL", principal.display_name),)


async def test_ownership_settings(world):
    full = {"x-amz-acl": "bucket-owner-full-control"}
    writer = await world.bucket("writer", ownership="ObjectWriter")
    record = await _record(world, writer, OTHER, **full)
    assert record.owner == "b" * 64
    assert acl.allows(record.grants, "READ", "a" * 64)
    preferred = await world.bucket("preferred", ownership="BucketOwnerPreferred")
    assert (await _record(world, preferred, OTHER, **full)).owner == "a" * 64
    assert (await _record(world, preferred, OTHER)).owner == "b" * 64
    enforced = await world.bucket("enforced", ownership="BucketOwnerEnforced")
    record = await _record(world, enforced, OTHER)
    assert (record.owner, record.grants) == ("a" * 64, ())


async def test_canned_and_header_grants(world):
    bucket = await world.bucket()
    record = await _record(world, bucket, **{"x-amz-acl": "public-read"})
    assert acl.is_public(record.grants)
    refusal = await world.refused(
        "PutObject", bucket, "k", b"", {"x-amz-acl": "private", "x-amz-grant-read": f'id="{"b" * 64}"'}
    )
    assert refusal.message == "Specifying both Canned ACLs and Header Grants is not allowed"
    record = await _record(world, bucket, **{"x-amz-grant-read": f'id="{"b" * 64}"'})
    assert acl.allows(record.grants, "READ", "b" * 64)


async def test_locks_need_a_digest(world):
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True)
    refusal = await world.refused("PutObject", bucket, "k", b"", {"x-amz-object-lock-legal-hold": "ON"})
    assert refusal.message == (
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
    )
