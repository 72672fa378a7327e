"""Multipart uploads and part copies over the wire with boto3."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MIB = 1024 * 1024


def _code(error: Any) -> str:
    return str(error.value.response["Error"]["Code"])


def _bytes(size: int) -> bytes:
    return hashlib.shake_128(str(size).encode()).digest(size)


def test_transfer_manager(s3: Any, new_bucket: str, tmp_path: Path) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(_bytes(30 * MIB + 1))
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4)
    s3.upload_file(str(source), new_bucket, "k", Config=config)
    s3.download_file(new_bucket, "k", str(back), Config=config)
    assert back.read_bytes() == source.read_bytes()
    assert s3.head_object(Bucket=new_bucket, Key="k")["ETag"].endswith('-4"')


def test_wrong_lists(s3: Any, new_bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=new_bucket, Key="k")["UploadId"]
    etags = {}
    for number, size in ((1, 5 * MIB), (2, 10), (3, 5 * MIB)):
        answer = s3.upload_part(Bucket=new_bucket, Key="k", UploadId=upload, PartNumber=number, Body=_bytes(size))
        etags[number] = answer["ETag"]

    def complete(*numbers: int, etag: str = "") -> Any:
        parts = [{"PartNumber": number, "ETag": etag or etags.get(number, '"x"')} for number in numbers]
        return s3.complete_multipart_upload(
            Bucket=new_bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}
        )

    for numbers, code in (
        ((3, 1), "InvalidPartOrder"),
        ((1, 1), "InvalidPartOrder"),
        ((1, 7), "InvalidPart"),
        ((1, 2, 3), "EntityTooSmall"),
    ):
        with pytest.raises(ClientError) as error:
            complete(*numbers)
        assert _code(error) == code
    with pytest.raises(ClientError) as error:
        complete(1, etag='"wrong"')
    assert _code(error) == "InvalidPart"
    first = complete(1, 3)
    assert complete(1, 3)["ETag"] == first["ETag"]  # repeated
    assert s3.get_object(Bucket=new_bucket, Key="k")["Body"].read() == _bytes(5 * MIB) * 2
    with pytest.raises(ClientError) as error:
        complete(1)
    assert _code(error) == "NoSuchUpload"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"])
def test_checksums(s3: Any, new_bucket: str, algorithm: str) -> None:
    name = f"Checksum{algorithm}"
    upload = s3.create_multipart_upload(Bucket=new_bucket, Key="k", ChecksumAlgorithm=algorithm)["UploadId"]
    parts = []
    for number, size in ((1, 5 * MIB), (2, 100)):
        answer = s3.upload_part(
            Bucket=new_bucket,
            Key="k",
            UploadId=upload,
            PartNumber=number,
            Body=_bytes(size),
            ChecksumAlgorithm=algorithm,
        )
        parts.append({"PartNumber": number, "ETag": answer["ETag"], name: answer[name]})
    answer = s3.complete_multipart_upload(Bucket=new_bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    kind = "FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE"
    assert answer["ChecksumType"] == kind
    assert answer[name].endswith("-2") is (kind == "COMPOSITE")
    head = s3.head_object(Bucket=new_bucket, Key="k", ChecksumMode="ENABLED")
    assert head[name] == answer[name]


def test_an_object_is_rebuilt_from_copied_ranges(s3: Any, new_bucket: str) -> None:
    body = _bytes(16 * MIB + 5)
    s3.put_object(Bucket=new_bucket, Key="source", Body=body)
    upload = s3.create_multipart_upload(Bucket=new_bucket, Key="copy")["UploadId"]
    parts = []
    for number, start in enumerate(range(0, len(body), 6 * MIB), 1):
        end = min(start + 6 * MIB, len(body)) - 1
        answer = s3.upload_part_copy(
            Bucket=new_bucket,
            Key="copy",
            UploadId=upload,
            PartNumber=number,
            CopySource={"Bucket": new_bucket, "Key": "source"},
            CopySourceRange=f"bytes={start}-{end}",
        )
        parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(Bucket=new_bucket, Key="copy", UploadId=upload, MultipartUpload={"Parts": parts})
    s3.delete_object(Bucket=new_bucket, Key="source")
    assert s3.get_object(Bucket=new_bucket, Key="copy")["Body"].read() == body
    third = s3.get_object(Bucket=new_bucket, Key="copy", PartNumber=3)
    assert third["Body"].read() == body[12 * MIB :]
    assert third["PartsCount"] == 3


def test_copies_of_multipart_objects_write_no_bytes(s3: Any, s3_store: Any, new_bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=new_bucket, Key="k")["UploadId"]
    body = _bytes(6 * MIB)
    etag = s3.upload_part(Bucket=new_bucket, Key="k", UploadId=upload, PartNumber=1, Body=body)["ETag"]
    part = {"PartNumber": 1, "ETag": etag}
    s3.complete_multipart_upload(Bucket=new_bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [part]})
    answer = s3.copy_object(Bucket=new_bucket, Key="copy", CopySource={"Bucket": new_bucket, "Key": "k"})
    assert answer["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    s3.delete_object(Bucket=new_bucket, Key="k")
    assert s3.get_object(Bucket=new_bucket, Key="copy")["Body"].read() == body


def test_a_bucket_with_unfinished_uploads_only_can_be_deleted(s3: Any) -> None:
    s3.create_bucket(Bucket="unfinished")
    upload = s3.create_multipart_upload(Bucket="unfinished", Key="k")["UploadId"]
    s3.upload_part(Bucket="unfinished", Key="k", UploadId=upload, PartNumber=1, Body=_bytes(100_000))
    s3.delete_bucket(Bucket="unfinished")
    with pytest.raises(ClientError) as error:
        s3.list_parts(Bucket="unfinished", Key="k", UploadId=upload)
    assert _code(error) == "NoSuchBucket"


def test_listing_uploads_and_parts(s3: Any, new_bucket: str) -> None:
    uploads = [s3.create_multipart_upload(Bucket=new_bucket, Key=key)["UploadId"] for key in ("b", "a", "a")]
    for number in (5, 2, 9):
        s3.upload_part(Bucket=new_bucket, Key="b", UploadId=uploads[0], PartNumber=number, Body=b"x" * number)
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=new_bucket, PaginationConfig={"PageSize": 1})
    shown = [(item["Key"], item["UploadId"]) for page in pages for item in page.get("Uploads", ())]
    assert shown == [("a", uploads[1]), ("a", uploads[2]), ("b", uploads[0])]
    pages = s3.get_paginator("list_parts").paginate(
        Bucket=new_bucket, Key="b", UploadId=uploads[0], PaginationConfig={"PageSize": 2}
    )
    assert [part["PartNumber"] for page in pages for part in page.get("Parts", ())] == [2, 5, 9]
