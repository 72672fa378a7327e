"""Digests that are known are not computed; the MD5 of a multipart body is computed once."""

import hashlib

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.records import Checksum, Encryption, ObjectRecord
from photoncloud.lightningstor.service.body_digests import BodyDigests, known_digests

MD5 = hashlib.md5(b"123456789").hexdigest()


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({"etag": MD5}, {"MD5"}),
        ({"etag": MD5 + "-2"}, set()),
        ({"etag": MD5, "encryption": Encryption("C", key_check=b"x")}, set()),
        ({"etag": MD5, "encryption": Encryption("AES256"), "crc64nvme": b"12345678"}, {"MD5", "CRC64NVME"}),
        ({"etag": MD5, "checksum": Checksum("SHA1", "FULL_OBJECT", b"x" * 20)}, {"MD5", "SHA1"}),
        ({"etag": MD5 + "-2", "checksum": Checksum("SHA1", "COMPOSITE", b"x" * 20)}, set()),
    ],
)
def test_what_a_record_tells(fields, known):
    assert set(known_digests(ObjectRecord(sequence=1, version_tail=b"", **fields))) == known


async def test_ranges_are_read(world, stores):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"x" * 3000 + b"123456789")
    record = (await world.reader.head(key_space.place(bucket.record.id, b"k"))).record
    digests = BodyDigests(world.index, world.around.output, stores.hashes)
    found = await digests.of_range(record, 3000, 9, frozenset({"MD5", "CRC32"}))
    assert (found["MD5"].hex(), found["CRC32"]) == (MD5, b"\xcb\xf49&")
    assert (await digests.of_range(record, 0, record.size, frozenset({"MD5"})))["MD5"].hex() == record.etag
