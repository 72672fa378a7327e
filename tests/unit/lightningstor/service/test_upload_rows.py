"""Uploads in the index and the loop that changes them. Uploads as clients see them are in test_multipart."""

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.multipart_rules import ChecksumChoice
from photoncloud.lightningstor.core.records import UploadRecord
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.errors import CommitLost, S3Error
from photoncloud.lightningstor.service.commits import COMMIT_ATTEMPTS
from photoncloud.lightningstor.service.upload_rows import UploadRows, choice_of


@pytest.fixture
def uploads(world):
    return UploadRows(world.index, world.commits)


async def test_unknown_uploads(world, uploads):
    place = key_space.place(b"bucketid", b"k")
    assert await uploads.get(place, bytes(16)) is None
    assert await uploads.state(place, bytes(16)) is None
    with pytest.raises(S3Error) as caught:
        await uploads.with_part(place, bytes(16), 1)
    assert caught.value.code == "NoSuchUpload"


async def test_the_loop_gives_up_after_the_allowed_races(world, uploads, monkeypatch):
    bucket, plans = await world.bucket(), []

    async def losing(transaction, **options):
        raise CommitLost

    async def plan(place):
        plans.append(place.lives_revision)
        return Transaction((), (Put(b"x", b""),))

    monkeypatch.setattr(world.index, "commit", losing)
    with pytest.raises(S3Error) as caught:
        await uploads.change(bucket, b"k", plan)
    assert (caught.value.code, len(plans)) == ("SlowDown", COMMIT_ATTEMPTS)


def test_choice():
    record = UploadRecord(
        upload_id="",
        key=b"",
        initiated_ms=0,
        initiator_arn="",
        initiator_name="",
        owner="",
        owner_name="",
        checksum_algorithm="CRC32",
        checksum_type="COMPOSITE",
    )
    assert choice_of(record) == ChecksumChoice("CRC32", "COMPOSITE")
