from __future__ import annotations

from typing import Any

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Delete, Put, Transaction
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory, Document


async def test_a_bucket_is_read_once_until_it_is_forgotten(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    directory = BucketDirectory(s3_world.index)
    assert directory.known("bucket") is None
    first = await directory.get("bucket")
    assert first is not None
    assert directory.known("bucket") is await directory.get("bucket") is first
    row = key_space.bucket_document(first.record.id, "cors")
    await s3_world.index.commit(Transaction((), (Put(row, b"x"),)))
    assert "cors" not in (await directory.get("bucket")).documents  # type: ignore[union-attr]
    directory.forget("bucket")
    second = await directory.get("bucket")
    assert second is not None
    assert second.documents["cors"].content == b"x"
    assert second.lives_revision == first.lives_revision > 0
    await s3_world.index.commit(Transaction((), (Delete(key_space.bucket("bucket")),)))
    directory.forget("bucket")
    assert await directory.get("bucket") is None


async def test_what_was_read_while_something_changed_is_not_kept(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    directory = BucketDirectory(s3_world.index)
    read = directory._read

    async def slow(name: str) -> Bucket | None:
        found = await read(name)
        directory.forget("another")
        return found

    directory._read = slow  # type: ignore[method-assign]
    assert await directory.get("bucket") is not None
    assert directory.known("bucket") is None


async def test_the_directory_is_bounded(s3_world: Any) -> None:
    directory = BucketDirectory(s3_world.index, capacity=2)
    for name in ("one-bucket", "two-bucket", "three-bucket"):
        await s3_world.send("PUT", f"/{name}")
        await directory.get(name)
    assert [directory.known(name) is not None for name in ("one-bucket", "two-bucket", "three-bucket")] == [
        False,
        True,
        True,
    ]


def test_documents_are_parsed_once() -> None:
    calls = []

    def parse(content: bytes) -> str:
        calls.append(content)
        return content.decode()

    record: Any = None
    bucket = Bucket(record, 1, 1, {"cors": Document(b"text", 1)})
    assert bucket.parsed("cors", parse) == bucket.parsed("cors", parse) == "text"
    assert calls == [b"text"]
    assert bucket.parsed("policy", parse) is None
