"""Where bytes go by size, and what a stored body says of itself."""

import hashlib

import pytest

from photoncloud.lightningstor.adapters.hash_functions import DIGEST
from photoncloud.lightningstor.core.encryption_request import CustomerKey
from photoncloud.lightningstor.core.records import Body
from photoncloud.lightningstor.service.body_sink import BodySink
from photoncloud.lightningstor.service.sealed_body import new_body_key, open_inline


def sink(stores, key=None, length=None, algorithms=frozenset()):
    return BodySink(stores, algorithms, key=key, known_length=length, memory_limit=stores.inline_max_bytes)


async def store(target, pieces, algorithm="CRC64NVME"):
    for piece in pieces:
        await target.take([piece])
    return target.stored(await target.finish(), algorithm)


@pytest.mark.parametrize("length", [None, 0])
async def test_an_empty_body_has_no_place(stores, length, blob_files):
    body = await store(sink(stores, length=length), [])
    assert body.body == Body()
    assert (body.size, body.inline, body.etag) == (0, b"", hashlib.md5(b"").hexdigest())
    assert blob_files() == []


@pytest.mark.parametrize("size", [1, 999, 1000])
@pytest.mark.parametrize("is_known", [True, False])
async def test_small_bodies_stay_in_memory(stores, size, is_known, blob_files):
    data = bytes(range(256)) * 4
    data = data[:size]
    body = await store(sink(stores, length=size if is_known else None), [data[:3], memoryview(data)[3:]])
    assert (body.body.kind, body.inline, body.size) == ("inline", data, size)
    assert len(body.body.id) == 16
    await body.publish()
    await body.discard()
    assert blob_files() == []


@pytest.mark.parametrize("size", [1001, 5000, 300_000])
@pytest.mark.parametrize("is_known", [True, False])
async def test_larger_bodies_become_a_blob(stores, size, is_known, read_blob, blob_files):
    data = (bytes(range(256)) * 1200)[:size]
    body = await store(
        sink(stores, length=size if is_known else None), [data[at : at + 700] for at in range(0, size, 700)]
    )
    assert (body.body.kind, body.inline) == ("blob", b"")
    await body.publish()
    await body.publish()
    assert await read_blob(body.body.id) == data
    assert body.md5 == hashlib.md5(data).digest()
    assert body.crc64nvme == DIGEST["CRC64NVME"](data)
    await body.discard()
    assert blob_files() == []


async def test_the_checksum_kept_is_the_one_named(stores):
    body = await store(sink(stores, algorithms=frozenset({"SHA256"})), [b"x"], "SHA256")
    assert body.checksum.algorithm == "SHA256"
    assert body.checksum.type == "FULL_OBJECT"
    assert body.checksum.value == hashlib.sha256(b"x").digest()
    assert body.crc64nvme == DIGEST["CRC64NVME"](b"x")


async def test_sealed_bodies_keep_the_plain_digests(stores, cipher, read_blob):
    for size in (10, 5000, 200_000):
        key = new_body_key(cipher, "AES256", None)
        data = bytes([7]) * size
        body = await store(sink(stores, key=key, length=size), [data])
        assert body.etag == hashlib.md5(data).hexdigest()
        assert body.encryption == key.record
        await body.publish()
        stored = body.inline or await read_blob(body.body.id)
        assert data[:10] not in stored
        if body.inline:
            assert open_inline(cipher, key, body.inline) == data
        else:
            assert len(stored) == size + 16 * -(-size // 65536)


async def test_customer_keys_make_opaque_etags_and_no_md5(stores, cipher):
    key = new_body_key(cipher, "C", CustomerKey(bytes(32), "md5"))
    body = await store(sink(stores, key=key), [b"secret"])
    assert "MD5" not in body.digests
    assert body.md5 == b""
    assert len(body.etag) == 32
    assert body.etag != hashlib.md5(b"secret").hexdigest()


async def test_discard_in_the_middle_leaves_nothing(stores, blob_files):
    target = sink(stores)
    await target.take([bytes(5000)])
    await target.discard()
    await target.discard()
    assert blob_files() == []
