"""Objects over the wire with boto3: the checks of the component's page that concern single objects and versions."""

from __future__ import annotations

import contextlib
import hashlib
import unicodedata
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

SIZES = (0, 1, 65_535, 65_536, 65_537, 8 * 1024 * 1024 - 1, 8 * 1024 * 1024 + 1)
KEYS = [
    "with space",
    "a+b",
    "a%2Fb",
    "a//b",
    "/leading",
    "trailing/",
    "..",
    "../x",
    "a/./b",
    "~tilde",
    "star*",
    "emoji-\U0001f600",
    unicodedata.normalize("NFC", "é"),
    unicodedata.normalize("NFD", "é"),
    "foo",
    "foo/",
    "foo/bar",
    "k" * 1024,
]


def _code(error: Any) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize("size", SIZES)
def test_bytes_come_back_as_they_went_in(s3: Any, new_bucket: str, size: int) -> None:
    body = hashlib.shake_128(str(size).encode()).digest(size)
    s3.put_object(Bucket=new_bucket, Key="k", Body=body)
    answer = s3.get_object(Bucket=new_bucket, Key="k", ChecksumMode="ENABLED")
    assert answer["Body"].read() == body
    assert answer["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'


def test_any_key_is_a_key(s3: Any, new_bucket: str) -> None:
    for key in KEYS:
        s3.put_object(Bucket=new_bucket, Key=key, Body=key.encode())
    for key in KEYS:
        assert s3.get_object(Bucket=new_bucket, Key=key)["Body"].read() == key.encode()
        url = s3.generate_presigned_url("get_object", Params={"Bucket": new_bucket, "Key": key})
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == key.encode()
        s3.copy_object(Bucket=new_bucket, Key="copy/" + key[:900], CopySource={"Bucket": new_bucket, "Key": key})
    listed = [item["Key"] for item in s3.list_objects_v2(Bucket=new_bucket)["Contents"]]
    assert listed == sorted(listed, key=str.encode)
    assert set(KEYS) <= set(listed)
    for key in listed:
        s3.delete_object(Bucket=new_bucket, Key=key)
    assert s3.list_objects_v2(Bucket=new_bucket)["KeyCount"] == 0
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=new_bucket, Key="k" * 1025)
    assert _code(error) == "KeyTooLongError"


def test_metadata_and_headers(s3: Any, new_bucket: str) -> None:
    sent = {
        "ContentType": "text/x",
        "CacheControl": "no-cache",
        "ContentDisposition": "inline",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "Metadata": {"one": "1", "two": "zwei"},
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/other",
    }
    s3.put_object(Bucket=new_bucket, Key="k", Body=b"x", Tagging="a=1&b=2", **sent)
    head = s3.head_object(Bucket=new_bucket, Key="k")
    assert {name: head[name] for name in sent} == sent
    assert s3.get_object(Bucket=new_bucket, Key="k")["TagCount"] == 2


def test_one_winner_among_sixty_four_creations(s3: Any, new_bucket: str) -> None:
    def create(number: int) -> int:
        try:
            s3.put_object(Bucket=new_bucket, Key="k", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return 200

    with ThreadPoolExecutor(16) as threads:
        statuses = list(threads.map(create, range(64)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 409, 412}


def test_a_counter_loses_no_increment(s3: Any, new_bucket: str) -> None:
    s3.put_object(Bucket=new_bucket, Key="n", Body=b"0")

    def increment(_: int) -> None:
        while True:
            answer = s3.get_object(Bucket=new_bucket, Key="n")
            following = b"%d" % (int(answer["Body"].read()) + 1)
            with contextlib.suppress(ClientError):
                s3.put_object(Bucket=new_bucket, Key="n", Body=following, IfMatch=answer["ETag"])
                return

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(increment, range(40)))
    assert s3.get_object(Bucket=new_bucket, Key="n")["Body"].read() == b"40"


def test_versions(s3: Any, new_bucket: str) -> None:
    s3.put_object(Bucket=new_bucket, Key="k", Body=b"null")
    s3.put_bucket_versioning(Bucket=new_bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=new_bucket, Key="k", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket=new_bucket, Key="k")
    assert marker["DeleteMarker"]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=new_bucket, Key="k")
    assert _code(error) == "NoSuchKey"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=new_bucket, Key="k", VersionId=marker["VersionId"])
    assert _code(error) == "MethodNotAllowed"
    assert s3.get_object(Bucket=new_bucket, Key="k", VersionId="null")["Body"].read() == b"null"
    s3.delete_object(Bucket=new_bucket, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=new_bucket, Key="k")["VersionId"] == first
    s3.put_bucket_versioning(Bucket=new_bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=new_bucket, Key="k", Body=b"new null")["VersionId"] == "null"
    versions = s3.list_object_versions(Bucket=new_bucket)["Versions"]
    assert [version["VersionId"] for version in versions] == ["null", first]


def test_delete_objects(s3: Any, new_bucket: str) -> None:
    keys = [f"k/{number}" for number in range(1000)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: s3.put_object(Bucket=new_bucket, Key=key, Body=b"x"), keys))
    answer = s3.delete_objects(Bucket=new_bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert [item["Key"] for item in answer["Deleted"]] == keys
    assert s3.list_objects_v2(Bucket=new_bucket)["KeyCount"] == 0


def test_tags_acl_and_attributes(s3: Any, new_bucket: str) -> None:
    s3.put_object(Bucket=new_bucket, Key="k", Body=b"123456789", ChecksumAlgorithm="CRC32C")
    s3.put_object_tagging(Bucket=new_bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert s3.get_object_tagging(Bucket=new_bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}]
    s3.put_object_acl(Bucket=new_bucket, Key="k", ACL="public-read")
    assert len(s3.get_object_acl(Bucket=new_bucket, Key="k")["Grants"]) == 2
    attributes = s3.get_object_attributes(
        Bucket=new_bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"]
    )
    assert (attributes["ObjectSize"], attributes["Checksum"]["ChecksumCRC32C"]) == (9, "4waSgw==")


def test_object_lock(s3: Any, s3_store: Any) -> None:
    name = "locked-bucket"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    version = s3.put_object(
        Bucket=name,
        Key="k",
        Body=b"x",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate="2040-01-01T00:00:00Z",
    )["VersionId"]
    for options in ({}, {"BypassGovernanceRetention": True}):
        with pytest.raises(ClientError) as error:
            s3.delete_object(Bucket=name, Key="k", VersionId=version, **options)
        assert _code(error) == "AccessDenied"
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(Bucket=name, Key="k")["LegalHold"]["Status"] == "ON"
    retention = s3.get_object_retention(Bucket=name, Key="k")["Retention"]
    assert retention["Mode"] == "COMPLIANCE"


def test_conditional_reads(s3: Any, new_bucket: str) -> None:
    etag = s3.put_object(Bucket=new_bucket, Key="k", Body=b"x")["ETag"]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=new_bucket, Key="k", IfNoneMatch=etag)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 304
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=new_bucket, Key="k", IfMatch='"other"')
    assert _code(error) == "PreconditionFailed"


def test_server_side_encryption(s3: Any, new_bucket: str) -> None:
    body = b"y" * 200_000
    answer = s3.put_object(Bucket=new_bucket, Key="k", Body=body, ServerSideEncryption="AES256")
    assert answer["ServerSideEncryption"] == "AES256"
    assert s3.get_object(Bucket=new_bucket, Key="k", Range="bytes=65530-131080")["Body"].read() == body[65530:131081]
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=new_bucket, Key="c", Body=b"x", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
    assert _code(error) == "InvalidRequest"  # plain HTTP
