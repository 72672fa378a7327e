"""GetObject, HeadObject and GetObjectAttributes."""

import hashlib

import pytest

from photoncloud.backends.auth.iam.principal import ANONYMOUS
from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Delete, Transaction
from photoncloud.lightningstor.errors import StoreDamaged

BLOB = bytes(range(256)) * 300


async def test_head_tells_what_get_would_without_the_bytes(world, read_reply):
    bucket = await world.bucket()
    await world.put(bucket, "k", BLOB, content_type="text/x")
    get, head = await world.call("GetObject", bucket, "k"), await world.call("HeadObject", bucket, "k")
    assert (get.status, get.length, get.headers) == (head.status, head.length, head.headers)
    assert (head.body, head.length) == (b"", len(BLOB))
    assert await read_reply(get) == BLOB


@pytest.mark.parametrize(
    ("headers", "query", "status", "body", "content_range"),
    [
        ({"range": "bytes=0-3"}, {}, 206, b"0123", "bytes 0-3/10"),
        ({"range": "bytes=-3"}, {}, 206, b"789", "bytes 7-9/10"),
        ({"range": "bytes=0-1,3-4"}, {}, 200, b"0123456789", None),
        ({"range": "lines=1-2"}, {}, 200, b"0123456789", None),
        ({}, {"partNumber": 1}, 206, b"0123456789", "bytes 0-9/10"),
        ({"range": "bytes=1-2", "if-range": '"stale"'}, {}, 200, b"0123456789", None),
        (
            {"range": "bytes=1-2", "if-range": f'"{hashlib.md5(b"0123456789").hexdigest()}"'},
            {},
            206,
            b"12",
            "bytes 1-2/10",
        ),
    ],
)
async def test_ranges(world, reply_header, read_reply, headers, query, status, body, content_range):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"0123456789")
    reply = await world.call("GetObject", bucket, "k", headers=headers, **query)
    assert (reply.status, await read_reply(reply)) == (status, body)
    assert reply.length == len(body)
    assert reply_header(reply, "content-range") == content_range


async def test_range_beyond_the_end(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"0123456789")
    refusal = await world.refused("GetObject", bucket, "k", headers={"range": "bytes=10-"})
    assert refusal.code == "InvalidRange"
    assert refusal.headers == (("Content-Range", "bytes */10"),)
    refusal = await world.refused("GetObject", bucket, "k", headers={"range": "bytes=0-1"}, partNumber=1)
    assert refusal.message == "Cannot specify both Range header and partNumber query parameter"


async def test_missing_keys_are_told_only_to_those_who_may_list(world):
    bucket = await world.bucket()
    refusal = await world.refused("GetObject", bucket, "k")
    assert (refusal.code, refusal.fields) == ("NoSuchKey", {"Key": "k"})
    refusal = await world.refused("HeadObject", bucket, "k", versionId="0" * 32)
    assert (refusal.code, refusal.fields) == ("NoSuchVersion", {"Key": "k", "VersionId": "0" * 32})
    assert (await world.refused("GetObject", bucket, "k", versionId="x")).code == "InvalidArgument"
    world.rights.denied = {"s3:ListBucket"}
    assert (await world.refused("GetObject", bucket, "k")).code == "AccessDenied"
    assert (await world.refused("GetObject", bucket, "k", versionId="0" * 32)).code == "AccessDenied"


async def test_no_implied_directories(world):
    bucket = await world.bucket()
    await world.put(bucket, "foo/bar", b"1")
    for key in ("foo", "foo/", "foo/bar/"):
        assert (await world.refused("HeadObject", bucket, key)).code == "NoSuchKey"


async def test_marker_named_by_its_id(world, reply_header):
    bucket = await world.bucket(versioning="Enabled")
    marker = reply_header(await world.call("DeleteObject", bucket, "k"), "x-amz-version-id")
    refusal = await world.refused("GetObject", bucket, "k", versionId=marker)
    assert refusal.code == "MethodNotAllowed"
    names = dict(refusal.headers)
    assert (names["Allow"], names["x-amz-delete-marker"], names["x-amz-version-id"]) == ("DELETE", "true", marker)
    assert "Last-Modified" in names


async def test_conditions(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    etag = reply_header(await world.call("HeadObject", bucket, "k"), "etag")
    assert (await world.refused("GetObject", bucket, "k", headers={"if-none-match": etag})).code == "NotModified"
    refusal = await world.refused("GetObject", bucket, "k", headers={"if-match": '"x"'})
    assert (refusal.code, refusal.fields) == ("PreconditionFailed", {"Condition": "If-Match"})


async def test_checksum_only_when_asked_and_whole(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"123456789", x_amz_checksum_crc32="y/Q5Jg==")
    name = "x-amz-checksum-crc32"
    enabled = {"x-amz-checksum-mode": "ENABLED"}
    assert reply_header(await world.call("GetObject", bucket, "k"), name) is None
    assert reply_header(await world.call("GetObject", bucket, "k", headers=enabled), name) == "y/Q5Jg=="
    ranged = await world.call("GetObject", bucket, "k", headers={**enabled, "range": "bytes=0-3"})
    assert reply_header(ranged, name) is None


async def test_overrides_need_a_signature(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    query = {"response-content-type": "a/b"}
    reply = await world.call("GetObject", bucket, "k", **query)
    assert reply_header(reply, "content-type") == "a/b"
    refusal = await world.refused("GetObject", bucket, "k", principal=ANONYMOUS, **query)
    assert refusal.code == "InvalidRequest"


async def test_version_id_only_where_there_were_versions(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    assert reply_header(await world.call("GetObject", bucket, "k"), "x-amz-version-id") is None
    bucket = await world.changed(bucket, versioning="Enabled")
    assert reply_header(await world.call("GetObject", bucket, "k"), "x-amz-version-id") == "null"


async def test_read_follows_an_overwrite_that_comes_between_head_and_bytes(world, monkeypatch):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"old")
    get, overwritten = world.index.get, []

    async def racing(key):
        if key[:1] == b"i" and not overwritten:
            overwritten.append(key)
            await world.put(bucket, "k", b"new")
        return await get(key)

    monkeypatch.setattr(world.index, "get", racing)
    assert await world.get(bucket, "k") == b"new"


async def test_lost_bytes_are_damage_not_an_absent_object(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    head = await world.reader.head(key_space.place(bucket.record.id, b"k"))
    await world.index.commit(Transaction((), (Delete(key_space.inline(head.record.body.id)),)))
    with pytest.raises(StoreDamaged):
        await world.call("GetObject", bucket, "k")


async def test_one_index_read_for_a_cached_small_object(world, monkeypatch):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"x" * 900)
    reads, get = [], world.index.get

    async def counting(key):
        reads.append(key[:1])
        return await get(key)

    monkeypatch.setattr(world.index, "get", counting)
    await world.get(bucket, "k")
    assert reads == [b"i"]


async def test_sse_c_needs_its_key(world, customer_headers):
    bucket = await world.bucket()
    mine, other = customer_headers(b"k" * 32), customer_headers(b"o" * 32)
    for body in (b"small", BLOB):
        await world.call("PutObject", bucket, "k", body, mine)
        assert (await world.refused("GetObject", bucket, "k")).code == "InvalidRequest"
        assert (await world.refused("HeadObject", bucket, "k")).code == "InvalidRequest"
        assert (await world.refused("GetObject", bucket, "k", headers=other)).code == "AccessDenied"
        assert (await world.call("HeadObject", bucket, "k", headers=mine)).length == len(body)
    await world.put(bucket, "plain", b"1")
    assert (await world.refused("HeadObject", bucket, "plain", headers=mine)).code == "InvalidRequest"


async def test_attributes(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"123456789", x_amz_checksum_crc32="y/Q5Jg==")
    asked = {"x-amz-object-attributes": "ETag,Checksum,StorageClass, ObjectSize,ObjectParts"}
    reply = await world.call("GetObjectAttributes", bucket, "k", headers=asked)
    assert reply.body.endswith(
        b"<ETag>25f9e794323b453885f5181f1b624d0b</ETag>"
        b"<Checksum><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType></Checksum>"
        b"<StorageClass>STANDARD</StorageClass><ObjectSize>9</ObjectSize></GetObjectAttributesResponse>"
    )
    for headers in ({}, {"x-amz-object-attributes": "Size"}):
        refusal = await world.refused("GetObjectAttributes", bucket, "k", headers=headers)
        assert refusal.message == "Invalid attribute name specified."
