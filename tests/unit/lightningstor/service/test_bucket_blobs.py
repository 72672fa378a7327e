"""The blobs of one bucket: of current and older versions, of copies and of multipart bodies, not of other buckets."""

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.service.bucket_blobs import bucket_blobs

BODY = b"b" * 5000


async def test_every_blob_of_a_bucket_and_of_no_other(world):
    mine, other = await world.bucket("mine", versioning="Enabled"), await world.bucket("other")
    await world.put(mine, "twice", BODY)
    await world.put(mine, "twice", BODY)
    await world.put(mine, "inline", b"small")
    await world.call("CopyObject", mine, "copy", source=(mine, "twice"))
    await world.put(other, "k", BODY)
    found = [blob async for blob, _ in bucket_blobs(world.index, mine.record.id)]
    assert (len(found), len(set(found))) == (3, 2)
    assert [size async for _, size in bucket_blobs(world.index, other.record.id)] == [len(BODY)]


async def test_records_that_cannot_be_read_are_passed_over(world):
    bucket = await world.bucket()
    await world.put(bucket, "good", BODY)
    row = key_space.current(key_space.place(bucket.record.id, b"bad"))
    await world.index.commit(Transaction((), (Put(row, b"\1rubbish"),)))
    assert len([blob async for blob, _ in bucket_blobs(world.index, bucket.record.id)]) == 1
