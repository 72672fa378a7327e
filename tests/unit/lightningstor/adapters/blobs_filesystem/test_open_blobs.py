"""Descriptors stay open for hot blobs only, and verified chunks are believed for a while only."""

import os

import pytest

from photoncloud.lightningstor.adapters.blobs_filesystem.open_blobs import VERIFIED_SEC, OpenBlob, OpenBlobs, identity
from photoncloud.lightningstor.core.blob_footer import Footer


@pytest.fixture
def opened(tmp_path):
    def opened(name):
        path = tmp_path / name.hex()
        path.write_bytes(name)
        descriptor = os.open(path, os.O_RDONLY)
        return OpenBlob(name, descriptor, identity(descriptor), Footer(1, bytes(8)))

    return opened


def test_least_recently_used_closes_first(clock, opened, open_descriptors):
    blobs = OpenBlobs(clock, limit=2)
    before = open_descriptors()
    for name in (b"a", b"b"):
        blobs.release(blobs.add(opened(name)))
    blobs.release(blobs.use(b"a"))
    blobs.release(blobs.add(opened(b"c")))
    assert blobs.use(b"b") is None
    assert open_descriptors() == before + 2
    blobs.close()
    assert open_descriptors() == before


def test_a_dropped_blob_stays_open_for_its_readers(clock, opened):
    blobs = OpenBlobs(clock)
    held = blobs.add(opened(b"a"))
    blobs.drop(b"a")
    os.fstat(held.descriptor)
    blobs.release(held)
    assert held.descriptor == -1


def test_a_changed_file_is_opened_anew(clock, opened, tmp_path):
    blobs = OpenBlobs(clock)
    blobs.release(blobs.add(opened(b"a")))
    with (tmp_path / b"a".hex()).open("ab") as file:
        file.write(b"more")
    assert blobs.use(b"a") is None


def test_two_openers_at_once(clock, opened):
    blobs = OpenBlobs(clock)
    first, second = blobs.add(opened(b"a")), blobs.add(opened(b"a"))
    blobs.release(first)
    assert first.descriptor == -1
    blobs.release(second)
    assert second.descriptor >= 0
    blobs.close()
    assert second.descriptor == -1


def test_verification_is_believed_for_a_while(opened):
    blob = opened(b"a")
    assert not blob.is_verified(3, 0.0)
    blob.mark_verified(3, 100.0)
    assert blob.is_verified(3, 100.0 + VERIFIED_SEC - 1)
    assert not blob.is_verified(3, 100.0 + VERIFIED_SEC)
    assert not blob.is_verified(2, 100.0)
    os.close(blob.descriptor)
