"""The collector: nothing referenced goes, nothing unreferenced stays, and any step may be repeated."""

import os

import pytest

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.core.records import Hold, Segment, SegmentRow
from photoncloud.lightningstor.core.transaction import Delete, Put, Transaction
from photoncloud.lightningstor.errors import IndexUnavailable, StoreDamaged

BLOB = b"x" * 5000


async def test_the_grace_period_is_kept(world, blob_files):
    bucket = await world.bucket()
    await world.put(bucket, "k", BLOB)
    await world.call("DeleteObject", bucket, "k")
    assert await world.collector.collect() == 0
    assert world.collector.status.backlog == 1
    assert len(blob_files()) == 1
    world.clock.ns += 901 * 1_000_000_000
    assert await world.collector.collect() == 1
    assert blob_files() == []
    assert world.collector.status.backlog == 0


async def test_a_candidate_with_references_only_loses_its_place_in_the_queue(world, blob_files):
    bucket = await world.bucket()
    await world.put(bucket, "k", BLOB)
    await world.call("CopyObject", bucket, "copy", source=(bucket, "k"))
    await world.call("DeleteObject", bucket, "k")
    await world.collect()
    assert len(blob_files()) == 1
    assert (await world.families())["g"] == 0
    assert await world.get(bucket, "copy") == BLOB


async def test_a_reader_under_way_is_not_disturbed(world, read_reply):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"y" * 300_000)
    reply = await world.call("GetObject", bucket, "k")
    await world.call("DeleteObject", bucket, "k")
    await world.collect()
    assert await read_reply(reply) == b"y" * 300_000


async def test_sweep_takes_old_files_that_nothing_refers_to(world, blob_files, tmp_path):
    bucket = await world.bucket()
    await world.put(bucket, "kept", BLOB)
    body = await world.around.intake.store(_pieces(BLOB), length=len(BLOB))
    await body.publish()  # and then the process dies before the commit
    for path in blob_files():
        os.utime(path, (1, 1))
    young = await world.around.intake.store(_pieces(BLOB), length=len(BLOB))
    await young.publish()
    world.clock.ns = 0
    for path in blob_files():
        world.clock.ns = max(world.clock.ns, os.stat(path).st_mtime_ns)
    assert await world.collector.sweep() == 1
    assert len(blob_files()) == 2
    assert await world.get(bucket, "kept") == BLOB


async def _pieces(body):
    yield body


async def test_a_blob_that_cannot_be_removed_stays_a_candidate(world, monkeypatch, stores):
    bucket = await world.bucket()
    await world.put(bucket, "k", BLOB)
    await world.call("DeleteObject", bucket, "k")

    async def broken(blob):
        raise StoreDamaged("directory cannot be written", "here")

    monkeypatch.setattr(stores.blobs, "delete", broken)
    await world.collect()
    assert world.collector.status.failures >= 1
    assert (await world.families())["g"] == 1
    monkeypatch.undo()
    assert await world.collector.collect() == 1


async def test_a_body_dissolved_half_way_is_finished_later(world, blob_files, monkeypatch):
    bucket = await world.bucket()
    reply = await world.call("CreateMultipartUpload", bucket, "k")
    upload = reply.body.split(b"<UploadId>")[1].split(b"<")[0].decode()
    part = await world.call("UploadPart", bucket, "k", b"z" * 6_000_000, partNumber=1, uploadId=upload)
    etag = dict(part.headers)[b"etag"].decode()
    document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    document += "</CompleteMultipartUpload>"
    await world.call("CompleteMultipartUpload", bucket, "k", document.encode(), uploadId=upload)
    await world.collect()
    await world.call("DeleteObject", bucket, "k")
    world.clock.ns += 901 * 1_000_000_000
    commit, left = world.index.commit, [0]

    async def failing(transaction, **options):
        if left[0] == 0:
            raise IndexUnavailable("killed", maybe_applied=False)
        left[0] -= 1
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", failing)
    for allowed in range(5):
        left[0] = allowed
        try:
            await world.collector.collect()
        except IndexUnavailable:
            continue
    monkeypatch.undo()
    await world.collect()
    assert blob_files() == []
    families = await world.families()
    assert [families[family] for family in ("p", "r", "g", "up", "ui")] == [0] * 5


async def test_a_candidate_queued_anew_while_it_is_settled_stays(world, monkeypatch):
    target = key_space.TARGET_BLOB + b"b" * 16
    row = key_space.due_candidate(target)
    await world.index.commit(Transaction((), (Put(row, b""),)))
    referenced = world.collector._is_referenced

    async def racing(found):
        answer = await referenced(found)
        await world.index.commit(Transaction((), (Put(row, b""),)))
        monkeypatch.setattr(world.collector, "_is_referenced", referenced)
        return answer

    monkeypatch.setattr(world.collector, "_is_referenced", racing)
    assert await world.collector._pass() == 0
    assert await world.index.get(row) is not None
    assert await world.collector.collect() == 1


@pytest.mark.parametrize("holds", [1, 60, 250])
async def test_bodies_with_many_holds_of_one_target(world, holds):
    """Parts copied from one source hold the same body: released once each, queued once."""
    body, source = b"m" * 16, key_space.TARGET_BODY + b"s" * 16
    row = SegmentRow((Segment(b"b" * 16, 0, 1),), tuple(Hold(source, number) for number in range(1, holds + 1)))
    changes = [Put(key, value) for key, value in record_codec.segment_rows(body, row)]
    for number in range(1, holds + 1):
        changes.append(Put(key_space.reference(source, key_space.user_part(body, number)), b""))
    for start in range(0, len(changes), 100):
        await world.index.commit(Transaction((), tuple(changes[start : start + 100])))
    await world.collector._dissolve(body)
    families = await world.families()
    assert (families["r"], families["p"], families["g"]) == (0, 0, 1)
    await world.index.commit(Transaction((), (Delete(key_space.due_candidate(source)),)))
