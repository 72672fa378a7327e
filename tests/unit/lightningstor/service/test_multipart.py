"""Multipart uploads from creation to the object, and the races between their ends."""

import asyncio
import base64
import hashlib
import re

import msgspec
import pytest

from photoncloud.lightningstor.core import xml_in
from photoncloud.lightningstor.errors import S3Error

MIB5 = 5_242_880
BIG = bytes(range(256)) * (MIB5 // 256)


async def _create(world, bucket, key="k", **headers):
    reply = await world.call(
        "CreateMultipartUpload", bucket, key, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return xml_in.parse(reply.body, "InitiateMultipartUploadResult").required_text("UploadId")


async def _part(world, bucket, upload, number, body, key="k", headers=()):
    reply = await world.call("UploadPart", bucket, key, body, headers, partNumber=number, uploadId=upload)
    return dict(reply.headers)[b"etag"].decode()


def _list(parts, extra=lambda number: ""):
    inside = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{extra(number)}</Part>" for number, etag in parts
    )
    return f"<CompleteMultipartUpload>{inside}</CompleteMultipartUpload>".encode()


async def _complete(world, bucket, upload, parts, key="k", headers=()):
    return await world.call("CompleteMultipartUpload", bucket, key, _list(parts), headers, uploadId=upload)


async def test_parts_out_of_order_become_one_object(world, reply_header):
    bucket = await world.bucket(versioning="Enabled")
    upload = await _create(world, bucket, x_amz_meta_a="1", content_type="x/y", x_amz_tagging="t=1")
    last = await _part(world, bucket, upload, 9, b"tail")
    first = await _part(world, bucket, upload, 2, BIG)
    await _part(world, bucket, upload, 5, b"never used" * 1000)
    reply = await _complete(world, bucket, upload, [(2, first), (9, last)])
    root = xml_in.parse(reply.body, "CompleteMultipartUploadResult")
    md5s = hashlib.md5(BIG).digest() + hashlib.md5(b"tail").digest()
    assert root.required_text("ETag") == f'"{hashlib.md5(md5s).hexdigest()}-2"'
    assert root.required_text("ChecksumType") == "FULL_OBJECT"
    assert reply_header(reply, "x-amz-version-id")
    head = await world.call("HeadObject", bucket, "k")
    assert (reply_header(head, "x-amz-meta-a"), reply_header(head, "content-type")) == ("1", "x/y")
    assert reply_header(head, "x-amz-mp-parts-count") is None
    assert await world.get(bucket, "k") == BIG + b"tail"
    second = await world.call("GetObject", bucket, "k", partNumber=2)
    assert (second.status, second.length, reply_header(second, "x-amz-mp-parts-count")) == (206, 4, "2")
    assert (await world.refused("GetObject", bucket, "k", partNumber=3)).code == "InvalidPartNumber"


async def test_full_object_checksum_is_combined_from_the_parts(world):
    bucket = await world.bucket()
    await world.put(bucket, "whole", BIG + b"tail")
    whole = await world.call("HeadObject", bucket, "whole", headers={"x-amz-checksum-mode": "ENABLED"})
    upload = await _create(world, bucket)
    parts = [(1, await _part(world, bucket, upload, 1, BIG)), (2, await _part(world, bucket, upload, 2, b"tail"))]
    expected = dict(whole.headers)[b"x-amz-checksum-crc64nvme"].decode()
    with pytest.raises(S3Error) as caught:
        await _complete(world, bucket, upload, parts, headers={"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="})
    assert caught.value.code == "BadDigest"
    sent = {"x-amz-checksum-crc64nvme": expected, "x-amz-mp-object-size": str(MIB5 + 4)}
    reply = await _complete(world, bucket, upload, parts, headers=sent)
    assert f"<ChecksumCRC64NVME>{expected}</ChecksumCRC64NVME>".encode() in reply.body


async def test_composite_checksum(world):
    bucket = await world.bucket()
    upload = await _create(world, bucket, x_amz_checksum_algorithm="SHA256")
    sums = {number: hashlib.sha256(body).digest() for number, body in ((1, BIG), (2, b"tail"))}
    texts = {number: base64.b64encode(value).decode() for number, value in sums.items()}
    parts = [
        (number, await _part(world, bucket, upload, number, body, headers={"x-amz-checksum-sha256": texts[number]}))
        for number, body in ((1, BIG), (2, b"tail"))
    ]
    with pytest.raises(S3Error) as caught:
        await _complete(world, bucket, upload, parts)
    assert "It was missing for part 1 in the request." in caught.value.message
    document = _list(parts, lambda number: f"<ChecksumSHA256>{texts[number]}</ChecksumSHA256>")
    reply = await world.call("CompleteMultipartUpload", bucket, "k", document, uploadId=upload)
    combined = base64.b64encode(hashlib.sha256(sums[1] + sums[2]).digest()).decode()
    assert f"<ChecksumSHA256>{combined}-2</ChecksumSHA256><ChecksumType>COMPOSITE</ChecksumType>".encode() in reply.body
    part = await world.call("GetObject", bucket, "k", partNumber=2, headers={"x-amz-checksum-mode": "ENABLED"})
    assert dict(part.headers)[b"x-amz-checksum-sha256"].decode() == texts[2]
    asked = {"x-amz-object-attributes": "ObjectParts,Checksum"}
    attributes = (await world.call("GetObjectAttributes", bucket, "k", headers=asked)).body
    assert attributes.count(b"<Part>") == 2
    assert f"<ChecksumSHA256>{texts[1]}</ChecksumSHA256>".encode() in attributes


async def test_part_with_another_algorithm(world):
    bucket = await world.bucket()
    upload = await _create(world, bucket, x_amz_checksum_algorithm="CRC32")
    for headers, actual in (({}, "null"), ({"x-amz-checksum-crc32c": "4waSgw=="}, "crc32c")):
        refusal = await world.refused("UploadPart", bucket, "k", b"123456789", headers, partNumber=1, uploadId=upload)
        assert refusal.message == (
            f"Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: {actual}"
        )


async def test_replaced_parts_give_back_their_bytes(world, blob_files):
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    await _part(world, bucket, upload, 1, BIG)
    await _part(world, bucket, upload, 1, b"small")
    etag = await _part(world, bucket, upload, 1, b"other")
    await _complete(world, bucket, upload, [(1, etag)])
    await world.collect()
    assert blob_files() == []
    assert await world.get(bucket, "k") == b"other"
    families = await world.families()
    assert (families["i"], families["r"], families["g"], families["up"], families["ui"]) == (1, 1, 0, 0, 0)


async def test_a_part_replaced_while_complete_reads_is_never_lost(world, monkeypatch):
    """Complete must build the object from the old part or from the new one, never from bytes that were given back."""
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    old = await _part(world, bucket, upload, 1, BIG)
    state, raced = world.multipart._uploads.state, []

    async def racing(place, upload_id):
        found = await state(place, upload_id)
        if not raced:
            raced.append(1)
            await _part(world, bucket, upload, 1, BIG[::-1])
        return found

    monkeypatch.setattr(world.multipart._uploads, "state", racing)
    with pytest.raises(S3Error) as caught:
        await _complete(world, bucket, upload, [(1, old)])
    assert caught.value.code == "InvalidPart"
    assert len(raced) == 1


async def test_repeated_complete_answers_the_same(world, reply_header):
    bucket = await world.bucket(versioning="Enabled")
    upload = await _create(world, bucket)
    parts = [(1, await _part(world, bucket, upload, 1, b"one")), (2, await _part(world, bucket, upload, 2, b"two"))]
    with pytest.raises(S3Error) as caught:
        await _complete(world, bucket, upload, parts)
    assert caught.value.code == "EntityTooSmall"
    parts = parts[:1]
    first = await _complete(world, bucket, upload, parts)
    again = await _complete(world, bucket, upload, parts, headers={"if-none-match": "*"})
    assert (first.body, reply_header(first, "x-amz-version-id")) == (
        again.body,
        reply_header(again, "x-amz-version-id"),
    )
    with pytest.raises(S3Error) as caught:
        await _complete(world, bucket, upload, [(1, "other")])
    assert caught.value.code == "NoSuchUpload"
    await world.put(bucket, "k", b"newer")
    assert (await _complete(world, bucket, upload, parts)).body == first.body
    await world.call("DeleteObject", bucket, "k", versionId=reply_header(first, "x-amz-version-id"))
    with pytest.raises(S3Error) as caught:
        await _complete(world, bucket, upload, parts)
    assert caught.value.code == "NoSuchUpload"


async def test_completed_uploads_are_forgotten_after_a_week(world):
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    parts = [(1, await _part(world, bucket, upload, 1, b"one"))]
    await _complete(world, bucket, upload, parts)
    await world.collector.forget_completed()
    await _complete(world, bucket, upload, parts)
    world.clock.ns += 8 * 86_400 * 1_000_000_000
    await world.collector.forget_completed()
    with pytest.raises(S3Error):
        await _complete(world, bucket, upload, parts)


async def test_abort(world, blob_files):
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    etag = await _part(world, bucket, upload, 1, BIG)
    await _part(world, bucket, upload, 2, b"small")
    assert (await world.call("AbortMultipartUpload", bucket, "k", uploadId=upload)).status == 204
    for operation, query in (
        ("AbortMultipartUpload", {}),
        ("ListParts", {}),
        ("UploadPart", {"partNumber": 1}),
        ("CompleteMultipartUpload", {}),
    ):
        body = _list([(1, etag)]) if operation == "CompleteMultipartUpload" else b""
        refusal = await world.refused(operation, bucket, "k", body, uploadId=upload, **query)
        assert (refusal.code, refusal.fields) == ("NoSuchUpload", {"UploadId": upload})
    await world.collect()
    assert blob_files() == []
    families = await world.families()
    assert [families[family] for family in ("c", "i", "r", "g", "up", "ui", "ud")] == [0] * 7


async def test_upload_of_another_key(world):
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    refusal = await world.refused("UploadPart", bucket, "other", b"", uploadId=upload, partNumber=1)
    assert refusal.code == "NoSuchUpload"


async def test_complete_and_abort_racing_have_one_outcome(world):
    bucket = await world.bucket()
    for _ in range(8):
        upload = await _create(world, bucket)
        etag = await _part(world, bucket, upload, 1, b"body")
        outcomes = await asyncio.gather(
            _complete(world, bucket, upload, [(1, etag)]),
            world.call("AbortMultipartUpload", bucket, "k", uploadId=upload),
            return_exceptions=True,
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, S3Error)]
        assert [failure.code for failure in failures] == ["NoSuchUpload"]


async def test_conditional_complete(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"here")
    upload = await _create(world, bucket)
    parts = [(1, await _part(world, bucket, upload, 1, b"one"))]
    with pytest.raises(S3Error) as caught:
        await _complete(world, bucket, upload, parts, headers={"if-none-match": "*"})
    assert caught.value.code == "PreconditionFailed"
    await _complete(world, bucket, upload, parts)
    assert await world.get(bucket, "k") == b"one"


async def test_list_parts(world):
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    for number in (3, 1, 7):
        await _part(world, bucket, upload, number, b"x" * number)
    pages, marker = [], 0
    while True:
        reply = await world.call("ListParts", bucket, "k", uploadId=upload, max_parts=2, part_number_marker=marker)
        root = xml_in.parse(reply.body, "ListPartsResult")
        pages.append([part.integer_of("PartNumber") for part in root.all("Part")])
        if not root.boolean_of("IsTruncated"):
            break
        marker = root.integer_of("NextPartNumberMarker")
    assert pages == [[1, 3], [7]]
    refusal = await world.refused("ListParts", bucket, "k", uploadId=upload, max_parts="x")
    assert refusal.message == "Provided max-parts not an integer or within integer range"


async def test_unfinished_uploads_of_a_bucket_are_aborted_with_it(world, blob_files):
    bucket = await world.bucket()
    for key in ("a", "b", "b"):
        upload = await _create(world, bucket, key)
        await _part(world, bucket, upload, 1, BIG, key)
    await world.multipart.abort_all(bucket)
    await world.collect()
    assert blob_files() == []
    assert (await world.families())["ui"] == 0


@pytest.mark.parametrize("size", [0, 1, 1000, 1001])
async def test_part_sizes_around_the_inline_limit(world, size):
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    etag = await _part(world, bucket, upload, 1, b"z" * size)
    await _complete(world, bucket, upload, [(1, etag)])
    assert await world.get(bucket, "k") == b"z" * size


async def test_encrypted_uploads(world, customer_headers, read_reply):
    bucket = await world.bucket()
    upload = await _create(world, bucket, x_amz_server_side_encryption="AES256")
    parts = [(1, await _part(world, bucket, upload, 1, BIG)), (2, await _part(world, bucket, upload, 2, b"tail"))]
    await _complete(world, bucket, upload, parts)
    assert await world.get(bucket, "k") == BIG + b"tail"
    key = customer_headers(b"k" * 32)
    reply = await world.call("CreateMultipartUpload", bucket, "c", headers=key)
    upload = re.search(rb"<UploadId>(\w+)</UploadId>", reply.body)[1].decode()
    refusal = await world.refused("UploadPart", bucket, "c", b"x", uploadId=upload, partNumber=1)
    assert refusal.code == "InvalidRequest"
    etag = await _part(world, bucket, upload, 1, b"sealed", "c", key)
    await _complete(world, bucket, upload, [(1, etag)], "c")
    assert await read_reply(await world.call("GetObject", bucket, "c", headers=key)) == b"sealed"


async def test_ten_thousand_parts_in_one_transaction(world, monkeypatch):
    """Complete moves no bytes and fits the limits of every backend."""
    bucket = await world.bucket()
    upload = await _create(world, bucket)
    state = await world.multipart._uploads.state(world.commits.place(bucket, b"k").rows, bytes.fromhex(upload))
    etag = await _part(world, bucket, upload, 1, BIG)
    stored = (await world.multipart._uploads.state(world.commits.place(bucket, b"k").rows, bytes.fromhex(upload))).parts
    many = {
        number: msgspec.structs.replace(
            stored[1],
            number=number,
            body=msgspec.structs.replace(stored[1].body, id=number.to_bytes(16, "big")),
            hold=b"b" + number.to_bytes(16, "big"),
        )
        for number in range(1, 10_001)
    }
    sizes, commit = [], world.index.commit

    async def counting(transaction, **options):
        sizes.append((len(transaction.changes), sum(len(change[-1]) for change in transaction.changes)))
        return await commit(transaction, **options)

    async def full(place, upload_id):
        return state._replace(parts=many)

    monkeypatch.setattr(world.index, "commit", counting)
    monkeypatch.setattr(world.multipart._uploads, "state", full)
    await _complete(world, bucket, upload, [(number, etag) for number in range(1, 10_001)])
    assert len(sizes) == 1
    assert sizes[0][0] <= 100
    assert sizes[0][1] < 1_500_000
