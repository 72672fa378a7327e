"""ListObjects, ListObjectsV2, ListObjectVersions, ListMultipartUploads: documents, parameters, paging."""

import re

import pytest

from photoncloud.lightningstor.core import xml_in

KEYS = ["a", "a/", "a/1", "a/2", "b//x", "b/y", "c", "é", "foo+1/x", "foo/x"]


def _parse(reply, root):
    return xml_in.parse(reply.body, root)


def _keys(root, name="Contents"):
    return [item.text_of("Key") for item in root.all(name)]


def _prefixes(root):
    return [item.text_of("Prefix") for item in root.all("CommonPrefixes")]


async def _fill(world, bucket, keys=KEYS):
    for key in keys:
        await world.put(bucket, key, b"1")


async def test_v1_document(world):
    bucket = await world.bucket()
    await world.put(bucket, "k & <x>", b"123456789")
    body = (await world.call("ListObjects", bucket)).body
    assert re.fullmatch(
        rb'<\?xml version="1.0" encoding="UTF-8"\?>\n'
        rb'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Prefix></Prefix><Marker></Marker>'
        rb"<Name>bucket</Name><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
        rb"<Contents><Key>k &amp; &lt;x&gt;</Key><LastModified>2025-[-0-9T:]+\.000Z</LastModified>"
        rb"<ETag>&quot;25f9e794323b453885f5181f1b624d0b&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
        rb"<ChecksumType>FULL_OBJECT</ChecksumType><Size>9</Size>"
        rb"<Owner><ID>a{64}</ID><DisplayName>owner</DisplayName></Owner><StorageClass>STANDARD</StorageClass>"
        rb"</Contents></ListBucketResult>",
        body,
    )


async def test_order_is_by_bytes(world):
    bucket = await world.bucket()
    await _fill(world, bucket)
    root = _parse(await world.call("ListObjectsV2", bucket), "ListBucketResult")
    assert _keys(root) == sorted(KEYS, key=lambda key: key.encode())
    assert root.integer_of("KeyCount") == len(KEYS)
    assert root.all("Contents")[0].child("Owner") is None
    root = _parse(await world.call("ListObjectsV2", bucket, fetch_owner="true"), "ListBucketResult")
    assert root.all("Contents")[0].required("Owner").text_of("ID") == "a" * 64


async def test_delimiter_and_prefix(world):
    bucket = await world.bucket()
    await _fill(world, bucket)
    root = _parse(await world.call("ListObjectsV2", bucket, delimiter="/"), "ListBucketResult")
    assert (_keys(root), _prefixes(root)) == (["a", "c", "é"], ["a/", "b/", "foo+1/", "foo/"])
    assert root.integer_of("KeyCount") == 7
    root = _parse(await world.call("ListObjectsV2", bucket, delimiter="/", prefix="b/"), "ListBucketResult")
    assert (_keys(root), _prefixes(root)) == (["b/y"], ["b//"])
    root = _parse(await world.call("ListObjects", bucket, delimiter=""), "ListBucketResult")
    assert len(_keys(root)) == len(KEYS)


@pytest.mark.parametrize("limit", range(1, 12))
@pytest.mark.parametrize("delimiter", ["", "/"])
async def test_pages_of_every_size_have_the_same_union(world, limit, delimiter):
    bucket = await world.bucket()
    await _fill(world, bucket)
    whole = _parse(await world.call("ListObjectsV2", bucket, delimiter=delimiter), "ListBucketResult")
    expected = (_keys(whole), _prefixes(whole))
    for operation, sent, received in (
        ("ListObjectsV2", "continuation_token", "NextContinuationToken"),
        ("ListObjects", "marker", "NextMarker"),
    ):
        keys, prefixes, query = [], [], {}
        while True:
            reply = await world.call(operation, bucket, max_keys=limit, delimiter=delimiter, **query)
            root = _parse(reply, "ListBucketResult")
            assert len(_keys(root)) + len(_prefixes(root)) <= limit
            keys += _keys(root)
            prefixes += _prefixes(root)
            if not root.boolean_of("IsTruncated"):
                break
            following = root.text_of(received)
            if operation == "ListObjects" and not delimiter:
                assert following is None  # V1 names it only with a delimiter
                following = keys[-1]
            query = {sent: following}
        assert (keys, prefixes) == expected


async def test_start_after_counts_only_without_a_token(world):
    bucket = await world.bucket()
    await _fill(world, bucket, ["a", "b", "c"])
    root = _parse(await world.call("ListObjectsV2", bucket, start_after="a", max_keys=1), "ListBucketResult")
    assert (_keys(root), root.text_of("StartAfter")) == (["b"], "a")
    following = root.text_of("NextContinuationToken")
    query = {"continuation_token": following, "start_after": "z"}
    assert _keys(_parse(await world.call("ListObjectsV2", bucket, **query), "ListBucketResult")) == ["c"]


async def test_tokens_belong_to_one_listing(world):
    bucket, other = await world.bucket(), await world.bucket("other")
    await _fill(world, bucket)
    root = _parse(await world.call("ListObjectsV2", bucket, max_keys=1), "ListBucketResult")
    following = root.text_of("NextContinuationToken")
    for where, query in (
        (bucket, {"continuation_token": following, "prefix": "x"}),
        (other, {"continuation_token": following}),
        (bucket, {"continuation_token": ""}),
        (bucket, {"continuation_token": "a"}),
    ):
        refusal = await world.refused("ListObjectsV2", where, **query)
        assert refusal.message == "The continuation token provided is incorrect"


async def test_zero_keys(world):
    bucket = await world.bucket()
    await _fill(world, bucket)
    root = _parse(await world.call("ListObjectsV2", bucket, max_keys=0), "ListBucketResult")
    assert (_keys(root), root.boolean_of("IsTruncated"), root.integer_of("KeyCount")) == ([], False, 0)


async def test_more_than_a_thousand_is_echoed_and_acts_as_a_thousand(world):
    bucket = await world.bucket()
    for number in range(1001):
        await world.put(bucket, f"{number:04}")
    root = _parse(await world.call("ListObjects", bucket, max_keys=5000), "ListBucketResult")
    assert (len(_keys(root)), root.integer_of("MaxKeys"), root.boolean_of("IsTruncated")) == (1000, 5000, True)


async def test_url_encoding(world):
    bucket = await world.bucket()
    await world.put(bucket, "a b/\x01é+", b"")
    query = {"encoding_type": "url", "prefix": "a b", "delimiter": "+"}
    root = _parse(await world.call("ListObjectsV2", bucket, **query), "ListBucketResult")
    assert (root.text_of("Prefix"), root.text_of("Delimiter"), root.text_of("EncodingType")) == ("a+b", "%2B", "url")
    assert _prefixes(root) == ["a+b/%01%C3%A9%2B"]


async def test_versions_document_and_order(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "a", b"null")
    bucket = await world.changed(bucket, versioning="Enabled")
    ids = [await world.put(bucket, "a", b"1"), await world.put(bucket, "a", b"2")]
    marker = reply_header(await world.call("DeleteObject", bucket, "a"), "x-amz-version-id")
    await world.put(bucket, "b", b"x")
    root = _parse(await world.call("ListObjectVersions", bucket), "ListVersionsResult")
    shown = [
        (item.name, item.text_of("Key"), item.text_of("VersionId"), item.text_of("IsLatest"))
        for item in root
        if item.name in ("Version", "DeleteMarker")
    ]
    assert shown[:4] == [
        ("DeleteMarker", "a", marker, "true"),
        ("Version", "a", ids[1], "false"),
        ("Version", "a", ids[0], "false"),
        ("Version", "a", "null", "false"),
    ]
    assert shown[4][:2] == ("Version", "b")
    assert shown[4][3] == "true"


async def test_a_deleted_directory_leaves_no_common_prefix(world):
    bucket = await world.bucket(versioning="Enabled")
    await world.put(bucket, "dir/x", b"1")
    await world.call("DeleteObject", bucket, "dir/x")
    root = _parse(await world.call("ListObjectsV2", bucket, delimiter="/"), "ListBucketResult")
    assert _prefixes(root) == []
    root = _parse(await world.call("ListObjectVersions", bucket, delimiter="/"), "ListVersionsResult")
    assert _prefixes(root) == ["dir/"]


async def _versions(world, bucket, limit, delete=False, **query):
    """All versions by pages; with `delete` every page's versions are deleted before the next one is asked for."""
    shown = []
    while True:
        root = _parse(await world.call("ListObjectVersions", bucket, max_keys=limit, **query), "ListVersionsResult")
        page = [
            (item.text_of("Key"), item.text_of("VersionId"))
            for item in root
            if item.name in ("Version", "DeleteMarker")
        ]
        shown += page
        if delete:
            for key, version in page:
                await world.call("DeleteObject", bucket, key, versionId=version)
        if not root.boolean_of("IsTruncated"):
            return shown
        query["key_marker"] = root.text_of("NextKeyMarker")
        query["version_id_marker"] = root.text_of("NextVersionIdMarker") or ""


async def _history(world, name):
    bucket = await world.bucket(name)
    for key in ("a", "b", "b/c"):
        await world.put(bucket, key, b"null")
    bucket = await world.changed(bucket, versioning="Enabled")
    for _ in range(2):
        for key in ("a", "b", "b!", "b/c"):
            await world.put(bucket, key, b"1")
            await world.call("DeleteObject", bucket, key)
    bucket = await world.changed(bucket, versioning="Suspended")
    await world.put(bucket, "b", b"new null")
    await world.call("DeleteObject", bucket, "a")
    return bucket


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 100])
async def test_pages_of_versions_have_the_same_union_also_while_deleting(world, limit):
    bucket = await _history(world, "bucket")
    whole = await _versions(world, bucket, 1000)
    assert len(whole) == 19
    assert await _versions(world, bucket, limit) == whole
    assert set(await _versions(world, bucket, limit, delete=True)) >= set(whole)
    assert await _versions(world, bucket, 1000) == []
    families = await world.families()
    assert [families[family] for family in "cmvnirg"] == [0] * 7


async def test_version_markers(world):
    bucket = await world.bucket(versioning="Enabled")
    await world.put(bucket, "a", b"1")
    refusal = await world.refused("ListObjectVersions", bucket, version_id_marker="0" * 32)
    assert refusal.message == "A version-id marker cannot be specified without a key marker."
    refusal = await world.refused("ListObjectVersions", bucket, key_marker="a", version_id_marker="x")
    assert refusal.message == "Invalid version id specified"
    assert await _versions(world, bucket, 10, key_marker="a") == []
    # a marker whose version never existed is a position, too
    assert len(await _versions(world, bucket, 10, key_marker="a", version_id_marker="0" * 32)) == 1
    assert await _versions(world, bucket, 10, key_marker="a", version_id_marker="f" * 32) == []


async def test_never_versioned_buckets_answer_too(world):
    bucket = await world.bucket()
    await _fill(world, bucket, ["a", "b"])
    assert await _versions(world, bucket, 1) == [("a", "null"), ("b", "null")]


async def test_uploads(world):
    bucket = await world.bucket()
    started = []
    for key in ("b", "a", "a/x", "a"):
        reply = await world.call("CreateMultipartUpload", bucket, key)
        started.append((key, xml_in.parse(reply.body, "InitiateMultipartUploadResult").text_of("UploadId")))
    expected = sorted(started)  # by key, then by initiation
    for limit in (1, 2, 10):
        shown, query = [], {}
        while True:
            reply = await world.call("ListMultipartUploads", bucket, max_uploads=limit, **query)
            root = _parse(reply, "ListMultipartUploadsResult")
            shown += [(item.text_of("Key"), item.text_of("UploadId")) for item in root.all("Upload")]
            if not root.boolean_of("IsTruncated"):
                break
            query = {
                "key_marker": root.text_of("NextKeyMarker"),
                "upload_id_marker": root.text_of("NextUploadIdMarker"),
            }
        assert shown == expected
    root = _parse(await world.call("ListMultipartUploads", bucket, key_marker="a"), "ListMultipartUploadsResult")
    assert _keys(root, "Upload") == ["a/x", "b"]
    root = _parse(await world.call("ListMultipartUploads", bucket, delimiter="/"), "ListMultipartUploadsResult")
    assert (_keys(root, "Upload"), _prefixes(root)) == (["a", "a", "b"], ["a/"])
    query = {"key_marker": "a", "upload_id_marker": "x"}
    assert (await world.refused("ListMultipartUploads", bucket, **query)).code == "InvalidArgument"
