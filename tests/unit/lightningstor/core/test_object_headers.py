"""Headers of objects, in and out."""

import pytest

from photoncloud.lightningstor.core import object_headers
from photoncloud.lightningstor.core.records import Checksum, Encryption, ObjectLock, ObjectRecord
from photoncloud.lightningstor.errors import S3Error


def _attributes(*pairs, is_streaming=False):
    headers = tuple((name.encode(), value.encode("latin-1")) for name, value in pairs)
    fields = {}
    for name, value in headers:
        fields.setdefault(name, value)
    return object_headers.attributes(fields, headers, is_streaming=is_streaming)


def test_what_is_kept():
    own = _attributes(
        ("content-type", "text/plain"),
        ("cache-control", "no-cache"),
        ("expires", "whenever"),
        ("content-language", "de"),
        ("content-disposition", "inline"),
        ("x-amz-meta-a", "1"),
        ("x-amz-meta-b", "x"),
        ("x-amz-meta-b", "y"),
        ("x-amz-tagging", "t=1"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-website-redirect-location", "/other"),
        ("x-unknown", "ignored"),
    )
    assert own.headers == {
        "content-type": "text/plain",
        "cache-control": "no-cache",
        "expires": "whenever",
        "content-language": "de",
        "content-disposition": "inline",
    }
    assert own.metadata == {"a": "1", "b": "x,y"}
    assert (own.tags, own.storage_class, own.redirect) == ({"t": "1"}, "STANDARD_IA", "/other")
    assert _attributes().headers == {"content-type": "binary/octet-stream"}


@pytest.mark.parametrize(
    ("value", "kept"),
    [("aws-chunked", None), ("foo, aws-chunked, bar", "foo, bar"), ("gzip,aws-chunked", "gzip"), ("AWS-Chunked", None)],
)
def test_aws_chunked_is_no_coding_of_the_object(value, kept):
    assert _attributes(("content-encoding", value), is_streaming=True).headers.get("content-encoding") == kept
    assert _attributes(("content-encoding", value)).headers["content-encoding"] == value


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("x-amz-meta-a", "x" * 2048, "MetadataTooLarge"),
        ("x-amz-storage-class", "standard", "InvalidStorageClass"),
        ("x-amz-tagging", "a=1&a=1", "InvalidArgument"),
        ("x-amz-website-redirect-location", "ftp://x", "InvalidRedirectLocation"),
        ("x-amz-website-redirect-location", "/" + "x" * 2048, "InvalidRedirectLocation"),
    ],
)
def test_refusals(name, value, code):
    with pytest.raises(S3Error) as caught:
        _attributes((name, value))
    assert caught.value.code == code


def test_metadata_at_the_limit():
    assert _attributes(("x-amz-meta-a", "x" * 2047)).metadata == {"a": "x" * 2047}


def test_stored_headers():
    record = ObjectRecord(
        sequence=1,
        version_tail=b"",
        etag="abc",
        mtime_ms=1_700_000_000_123,
        headers={"content-type": "text/plain"},
        metadata={"plain": "a", "utf8": "é".encode().decode("latin-1"), "latin": "\xe9"},
        tags={"a": "1", "b": "2"},
        storage_class="STANDARD_IA",
        redirect="/x",
        encryption=Encryption("C", key_check=b"x", key_md5="bWQ1"),
        lock=ObjectLock("GOVERNANCE", 1_700_000_000_123, True),
    )
    assert dict(object_headers.stored_headers(record)) == {
        b"last-modified": b"Tue, 14 Nov 2023 22:13:20 GMT",
        b"etag": b'"abc"',
        b"accept-ranges": b"bytes",
        b"content-type": b"text/plain",
        b"x-amz-meta-plain": b"a",
        b"x-amz-meta-utf8": b"=?UTF-8?B?w6k=?=",
        b"x-amz-meta-latin": b"=?ISO-8859-1?B?6Q==?=",
        b"x-amz-storage-class": b"STANDARD_IA",
        b"x-amz-tagging-count": b"2",
        b"x-amz-website-redirect-location": b"/x",
        b"x-amz-server-side-encryption-customer-algorithm": b"AES256",
        b"x-amz-server-side-encryption-customer-key-MD5": b"bWQ1",
        b"x-amz-object-lock-mode": b"GOVERNANCE",
        b"x-amz-object-lock-retain-until-date": b"2023-11-14T22:13:20.123Z",
        b"x-amz-object-lock-legal-hold": b"ON",
    }


def test_sse_s3_header():
    record = ObjectRecord(sequence=1, version_tail=b"", encryption=Encryption("AES256"))
    assert (b"x-amz-server-side-encryption", b"AES256") in object_headers.stored_headers(record)


def test_checksums():
    full = Checksum("CRC32", "FULL_OBJECT", b"\xcb\xf49&")
    assert object_headers.checksum_headers(full, 0) == [
        (b"x-amz-checksum-crc32", b"y/Q5Jg=="),
        (b"x-amz-checksum-type", b"FULL_OBJECT"),
    ]
    composite = Checksum("CRC32", "COMPOSITE", b"\xcb\xf49&")
    assert object_headers.checksum_headers(composite, 3)[0] == (b"x-amz-checksum-crc32", b"y/Q5Jg==-3")
    assert object_headers.checksum_headers(None, 0) == []


def test_overrides():
    stored = [(b"content-type", b"a/b"), (b"etag", b"x")]
    query = {"response-content-type": "c/d", "response-cache-control": "a\r\nSet-Cookie: x", "other": "y"}
    changed = object_headers.apply_overrides(stored, query, is_anonymous=False)
    assert changed == [(b"etag", b"x"), (b"content-type", b"c/d"), (b"cache-control", b"a  Set-Cookie: x")]
    assert object_headers.apply_overrides(stored, {"versionId": "x"}, is_anonymous=True) == stored
    with pytest.raises(S3Error) as caught:
        object_headers.apply_overrides(stored, query, is_anonymous=True)
    assert caught.value.message == "Request specific response headers cannot be used for anonymous GET requests."
