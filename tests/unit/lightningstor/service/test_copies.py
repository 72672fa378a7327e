"""CopyObject and UploadPartCopy."""

import asyncio
import hashlib
import re

import pytest

from photoncloud.lightningstor.core import xml_in
from photoncloud.lightningstor.service import copies

BLOB = bytes(range(256)) * 30
MIB5 = 5_242_880
BIG = bytes(range(256)) * (MIB5 // 256)


async def _multipart(world, bucket, key="big"):
    reply = await world.call("CreateMultipartUpload", bucket, key)
    upload = re.search(rb"<UploadId>(\w+)</UploadId>", reply.body)[1].decode()
    etags = []
    for number, body in ((1, BIG), (2, b"tail")):
        reply = await world.call("UploadPart", bucket, key, body, partNumber=number, uploadId=upload)
        etags.append(dict(reply.headers)[b"etag"].decode())
    inside = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag></Part>" for n, e in enumerate(etags, 1))
    document = f"<CompleteMultipartUpload>{inside}</CompleteMultipartUpload>".encode()
    await world.call("CompleteMultipartUpload", bucket, key, document, uploadId=upload)


@pytest.mark.parametrize("body", [b"", b"inline", BLOB])
async def test_a_copy_reads_the_same_and_outlives_its_source(world, blob_files, body):
    bucket, other = await world.bucket(), await world.bucket("other")
    await world.put(bucket, "k", body, content_type="a/b", x_amz_meta_m="1", x_amz_tagging="t=1")
    files = blob_files()
    reply = await world.call("CopyObject", other, "copy", source=(bucket, "k"))
    root = xml_in.parse(reply.body, "CopyObjectResult")
    assert root.required_text("ETag") == f'"{hashlib.md5(body).hexdigest()}"'
    assert blob_files() == files
    await world.call("DeleteObject", bucket, "k")
    await world.collect()
    assert await world.get(other, "copy") == body
    head = dict((await world.call("HeadObject", other, "copy")).headers)
    assert (head[b"content-type"], head[b"x-amz-meta-m"], head[b"x-amz-tagging-count"]) == (b"a/b", b"1", b"1")
    await world.call("DeleteObject", other, "copy")
    await world.collect()
    assert blob_files() == []
    assert (await world.families())["r"] == 0


async def test_multipart_source_is_hashed_once_and_shared(world, blob_files, monkeypatch):
    bucket = await world.bucket()
    await _multipart(world, bucket)
    files = blob_files()
    reads, plain = [], world.around.output.plain

    def counting(*arguments):
        reads.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(world.around.output, "plain", counting)
    for name in ("one", "two"):
        reply = await world.call("CopyObject", bucket, name, source=(bucket, "big"))
        assert hashlib.md5(BIG + b"tail").hexdigest().encode() in reply.body
    assert len(reads) == 1
    assert blob_files() == files
    await world.call("DeleteObject", bucket, "big")
    await world.collect()
    assert await world.get(bucket, "two") == BIG + b"tail"
    for name in ("one", "two"):
        await world.call("DeleteObject", bucket, name)
    await world.collect()
    assert blob_files() == []
    families = await world.families()
    assert (families["p"], families["r"], families["g"]) == (0, 0, 0)


async def test_onto_itself(world, reply_header):
    bucket = await world.bucket()
    await world.put(bucket, "k", BLOB, content_type="a/b")
    refusal = await world.refused("CopyObject", bucket, "k", source=(bucket, "k"))
    assert refusal.message.startswith("This copy request is illegal")
    headers = {"x-amz-metadata-directive": "REPLACE", "content-type": "c/d"}
    await world.call("CopyObject", bucket, "k", headers=headers, source=(bucket, "k"))
    await world.collect()
    assert await world.get(bucket, "k") == BLOB
    assert reply_header(await world.call("HeadObject", bucket, "k"), "content-type") == "c/d"


async def test_an_older_version_is_brought_back(world, reply_header):
    bucket = await world.bucket(versioning="Enabled")
    old = await world.put(bucket, "k", b"old")
    await world.put(bucket, "k", b"new")
    reply = await world.call("CopyObject", bucket, "k", source=(bucket, "k", old))
    assert reply_header(reply, "x-amz-copy-source-version-id") == old
    assert reply_header(reply, "x-amz-version-id") not in (None, old)
    assert await world.get(bucket, "k") == b"old"


async def test_source_conditions(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    headers = {"x-amz-copy-source-if-match": '"x"'}
    refusal = await world.refused("CopyObject", bucket, "c", headers=headers, source=(bucket, "k"))
    assert (refusal.code, refusal.fields) == ("PreconditionFailed", {"Condition": "x-amz-copy-source-If-Match"})
    etag = hashlib.md5(b"1").hexdigest()
    headers = {"x-amz-copy-source-if-none-match": etag}
    refusal = await world.refused("CopyObject", bucket, "c", headers=headers, source=(bucket, "k"))
    assert refusal.code == "PreconditionFailed"


async def test_target_conditions_and_directives(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"1")
    await world.put(bucket, "there", b"2")
    refusal = await world.refused("CopyObject", bucket, "there", headers={"if-none-match": "*"}, source=(bucket, "k"))
    assert refusal.code == "PreconditionFailed"
    for what in ("metadata", "tagging"):
        headers = {f"x-amz-{what}-directive": "KEEP"}
        refusal = await world.refused("CopyObject", bucket, "c", headers=headers, source=(bucket, "k"))
        assert refusal.message == f"Unknown {what} directive."


async def test_another_checksum_may_be_asked_for(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"123456789")
    headers = {"x-amz-checksum-algorithm": "CRC32"}
    reply = await world.call("CopyObject", bucket, "c", headers=headers, source=(bucket, "k"))
    assert b"<ChecksumCRC32>y/Q5Jg==</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>" in reply.body
    headers = {"x-amz-checksum-algorithm": "CRC16"}
    assert (
        await world.refused("CopyObject", bucket, "c", headers=headers, source=(bucket, "k"))
    ).code == "InvalidRequest"


async def test_source_overwritten_under_the_copy(world, monkeypatch):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"old")
    change, raced = world.commits.change, []

    async def racing(*arguments, **options):
        if not raced:
            raced.append(1)
            await world.put(bucket, "k", b"new")
        return await change(*arguments, **options)

    monkeypatch.setattr(world.commits, "change", racing)
    await world.call("CopyObject", bucket, "c", source=(bucket, "k"))
    assert await world.get(bucket, "c") == b"new"


async def test_encryption_is_never_copied(world, customer_headers, read_reply, reply_header):
    bucket = await world.bucket()
    key = customer_headers(b"k" * 32)
    for body in (b"small", BLOB):
        await world.call("PutObject", bucket, "sealed", body, key)
        with_key = customer_headers(b"k" * 32, source=True)
        assert (await world.refused("CopyObject", bucket, "c", source=(bucket, "sealed"))).code == "InvalidRequest"
        await world.call("CopyObject", bucket, "c", headers=with_key, source=(bucket, "sealed"))
        assert await world.get(bucket, "c") == body
        both = {**with_key, **customer_headers(b"n" * 32)}
        await world.call("CopyObject", bucket, "new", headers=both, source=(bucket, "sealed"))
        reply = await world.call("GetObject", bucket, "new", headers=customer_headers(b"n" * 32))
        assert await read_reply(reply) == body
    sse = {"x-amz-server-side-encryption": "AES256"}
    for source in ("c", "sse"):
        reply = await world.call("CopyObject", bucket, "sse" + source, headers=sse, source=(bucket, "c"))
        assert reply_header(reply, "x-amz-server-side-encryption") == "AES256"
        await world.call("CopyObject", bucket, "again", headers=sse, source=(bucket, "sse" + source))
        assert await world.get(bucket, "again") == BLOB


async def test_default_encryption_of_the_target(world, reply_header):
    default = (
        b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256"
        b"</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    )
    plain = await world.bucket()
    target = await world.bucket("target", documents={"encryption": default})
    for body in (b"", b"small", BLOB):
        await world.put(plain, "k", body)
        reply = await world.call("CopyObject", target, "c", source=(plain, "k"))
        assert reply_header(reply, "x-amz-server-side-encryption") == "AES256"
        assert await world.get(target, "c") == body


@pytest.fixture
def gate(world, monkeypatch):
    """Every copy is long, and no change is committed before the gate is open."""
    monkeypatch.setattr(copies, "LONG_COPY_BYTES", 1)
    monkeypatch.setattr(copies, "PATIENCE_SEC", 0.001)
    monkeypatch.setattr(copies, "KEEP_ALIVE_SEC", 0.001)
    opened, change = asyncio.Event(), world.commits.change

    async def gated(*arguments, **options):
        await opened.wait()
        return await change(*arguments, **options)

    def close():
        monkeypatch.setattr(world.commits, "change", gated)
        return opened

    return close


async def test_long_copies_keep_the_client_waiting_with_spaces(world, gate):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"123456789")
    opened = gate()
    reply = await world.call("CopyObject", bucket, "c", source=(bucket, "k"))
    assert (reply.status, reply.length) == (200, None)
    pieces = [await anext(reply.body) for _ in range(4)]
    assert pieces[1:] == [b" ", b" ", b" "]
    opened.set()
    document = b"".join([*pieces, *[piece async for piece in reply.body]])
    assert re.match(rb'<\?xml version="1.0" encoding="UTF-8"\?>\n +<CopyObjectResult ', document)
    assert await world.get(bucket, "c") == b"123456789"


async def test_a_late_failure_is_an_error_document_inside_the_200(world, gate):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"123456789")
    opened = gate()
    headers = {"if-match": "absent"}
    reply = await world.call("CopyObject", bucket, "c", headers=headers, source=(bucket, "k"))
    opened.set()
    document = b"".join([piece async for piece in reply.body])
    assert b"<Error><Code>NoSuchKey</Code>" in document


async def test_a_vanished_client_ends_a_long_copy(world, gate):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"123456789")
    opened = gate()
    reply = await world.call("CopyObject", bucket, "c", source=(bucket, "k"))
    await anext(reply.body)
    await reply.body.aclose()
    opened.set()
    await asyncio.sleep(0.01)
    assert (await world.refused("GetObject", bucket, "c")).code == "NoSuchKey"


async def _upload(world, bucket, key="k", headers=()):
    reply = await world.call("CreateMultipartUpload", bucket, key, headers=headers)
    return re.search(rb"<UploadId>(\w+)</UploadId>", reply.body)[1].decode()


async def _copy_part(world, bucket, upload, number, source, range_=None, headers=()):
    headers = dict(headers)
    if range_:
        headers["x-amz-copy-source-range"] = range_
    reply = await world.call(
        "UploadPartCopy", bucket, "k", headers=headers, source=source, partNumber=number, uploadId=upload
    )
    return xml_in.parse(reply.body, "CopyPartResult").required_text("ETag")


async def _finish(world, bucket, upload, etags):
    inside = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag></Part>" for n, e in enumerate(etags, 1))
    document = f"<CompleteMultipartUpload>{inside}</CompleteMultipartUpload>".encode()
    await world.call("CompleteMultipartUpload", bucket, "k", document, uploadId=upload)


async def test_ranges_of_blob_and_multipart_sources_rebuild_the_bytes(world, blob_files):
    bucket = await world.bucket()
    await world.put(bucket, "blob", BIG)
    await _multipart(world, bucket)
    files = blob_files()
    upload = await _upload(world, bucket)
    etags = [
        await _copy_part(world, bucket, upload, 1, (bucket, "blob")),
        await _copy_part(world, bucket, upload, 2, (bucket, "big"), f"bytes=3-{MIB5 + 2}"),
        await _copy_part(world, bucket, upload, 3, (bucket, "blob"), "bytes=10-19"),
    ]
    assert etags[2] == f'"{hashlib.md5(BIG[10:20]).hexdigest()}"'
    assert blob_files() == files
    await _finish(world, bucket, upload, etags)
    for name in ("blob", "big"):
        await world.call("DeleteObject", bucket, name)
    await world.collect()
    expected = BIG + (BIG + b"tail")[3 : MIB5 + 3] + BIG[10:20]
    assert await world.get(bucket, "k") == expected
    await world.call("DeleteObject", bucket, "k")
    await world.collect()
    assert blob_files() == []
    families = await world.families()
    assert (families["r"], families["p"], families["g"]) == (0, 0, 0)


async def test_inline_and_encrypted_sources_are_written_anew(world, customer_headers):
    bucket = await world.bucket()
    await world.put(bucket, "small", b"0123456789")
    await world.call("PutObject", bucket, "sealed", BLOB, customer_headers(b"k" * 32))
    upload = await _upload(world, bucket)
    await _copy_part(world, bucket, upload, 1, (bucket, "small"), "bytes=2-4")
    with_key = customer_headers(b"k" * 32, source=True)
    etag = await _copy_part(world, bucket, upload, 1, (bucket, "sealed"), "bytes=1-6000", with_key)
    await _finish(world, bucket, upload, [etag])
    assert await world.get(bucket, "k") == BLOB[1:6001]
    assert (await world.families())["i"] == 1  # only the source "small" is left


async def test_the_same_slice_again_keeps_one_reference(world):
    bucket = await world.bucket()
    await world.put(bucket, "blob", BLOB)
    upload = await _upload(world, bucket)
    for _ in range(2):
        etag = await _copy_part(world, bucket, upload, 1, (bucket, "blob"))
    await world.call("DeleteObject", bucket, "blob")
    await world.collect()
    await _finish(world, bucket, upload, [etag])
    assert await world.get(bucket, "k") == BLOB


async def test_part_source_overwritten_meanwhile(world, monkeypatch):
    bucket = await world.bucket()
    await world.put(bucket, "blob", BLOB)
    upload = await _upload(world, bucket)
    commit, raced = world.index.commit, []

    async def racing(transaction, **options):
        if not raced and any(change.key[:2] == b"up" for change in transaction.changes):
            raced.append(1)
            await world.put(bucket, "blob", BLOB[::-1])
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", racing)
    etag = await _copy_part(world, bucket, upload, 1, (bucket, "blob"))
    assert etag == f'"{hashlib.md5(BLOB[::-1]).hexdigest()}"'
    await _finish(world, bucket, upload, [etag])
    assert await world.get(bucket, "k") == BLOB[::-1]


async def test_bad_ranges(world):
    bucket = await world.bucket()
    await world.put(bucket, "blob", BLOB)
    upload = await _upload(world, bucket)
    for text in ("bytes=0-99999", "bytes=5-", "x"):
        refusal = await world.refused(
            "UploadPartCopy",
            bucket,
            "k",
            headers={"x-amz-copy-source-range": text},
            source=(bucket, "blob"),
            partNumber=1,
            uploadId=upload,
        )
        assert refusal.code == "InvalidArgument"
