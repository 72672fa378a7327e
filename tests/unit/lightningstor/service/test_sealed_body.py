"""Sealed bodies: ranges open exactly, and nothing that was changed, moved, cut or swapped opens."""

import os

import pytest

from photoncloud.lightningstor.core import encryption_frames as frames
from photoncloud.lightningstor.core.encryption_request import CustomerKey
from photoncloud.lightningstor.core.records import Encryption
from photoncloud.lightningstor.errors import S3Error, StoreDamaged
from photoncloud.lightningstor.service.sealed_body import (
    KEY_NEEDED,
    NOT_APPLICABLE,
    FrameOpener,
    FrameSealer,
    new_body_key,
    open_body_key,
    open_inline,
    seal_inline,
)

F = frames.FRAME_BYTES
BODY = b"b" * 16
CUSTOMER = CustomerKey(bytes(range(32)), "md5-text")
OTHER = CustomerKey(bytes(32), "other")


def sealed(cipher, key, data, body=BODY, step=100_000):
    sealer = FrameSealer(cipher, key, body)
    result = b""
    for at in range(0, len(data), step):
        result += b"".join(sealer.push([data[at : at + step]]))
    return result + b"".join(sealer.finish())


async def opened(cipher, key, stored, length, offset, count, body=BODY):
    async def read(at, size):
        assert size < 1 << 20
        return stored[at : at + size]

    opener = FrameOpener(cipher, key, body, length)
    return b"".join([piece async for piece in opener.range(offset, count, read)])


@pytest.fixture
def key(cipher):
    return new_body_key(cipher, "AES256", None)


@pytest.mark.parametrize("size", [0, 1, F - 1, F, F + 1, 3 * F, 20 * F + 5])
async def test_round_trip(cipher, key, size):
    data = os.urandom(size)
    stored = sealed(cipher, key, data)
    assert len(stored) == frames.sealed_length(size)
    assert await opened(cipher, key, stored, size, 0, size) == data


async def test_ranges(cipher, key):
    data = os.urandom(20 * F + 5)
    stored = sealed(cipher, key, data)
    for offset, count in [(0, 1), (F - 1, 2), (F, F), (5, 18 * F), (20 * F, 5), (20 * F + 4, 1), (3, 0)]:
        assert await opened(cipher, key, stored, len(data), offset, count) == data[offset : offset + count]


async def test_what_was_changed_does_not_open(cipher, key):
    data = os.urandom(2 * F + 100)
    stored = sealed(cipher, key, data)
    frame = frames.SEALED_FRAME_BYTES
    swapped = stored[frame : 2 * frame] + stored[:frame] + stored[2 * frame :]
    flipped = stored[:5] + bytes([stored[5] ^ 1]) + stored[6:]
    for broken, length in [(swapped, len(data)), (flipped, len(data)), (stored[: 2 * frame], 2 * F)]:
        with pytest.raises(StoreDamaged):
            await opened(cipher, key, broken, length, 0, length)


async def test_frames_of_another_body_do_not_open(cipher, key):
    stored = sealed(cipher, key, b"secret")
    with pytest.raises(StoreDamaged):
        await opened(cipher, key, stored, 6, 0, 6, body=b"c" * 16)


async def test_bodies_of_one_upload_never_share_a_key_and_nonce(cipher, key):
    one, two = (sealed(cipher, key, bytes(100), body=bytes([number]) * 16) for number in (1, 2))
    assert one != two


@pytest.mark.parametrize("size", [0, 1, F, F + 1])
def test_inline_round_trip_wherever_it_is_copied_to(cipher, key, size):
    data = os.urandom(size)
    stored = seal_inline(cipher, key, BODY, data)
    assert open_inline(cipher, key, stored) == data


def test_inline_damage(cipher, key):
    stored = seal_inline(cipher, key, BODY, b"secret")
    other = new_body_key(cipher, "AES256", None)
    for broken, with_key in [
        (stored[:-1], key),
        (stored[:16], key),
        (stored[:20], key),
        (b"x" + stored[1:], key),
        (stored, other),
        (stored[:5], key),
    ]:
        with pytest.raises(StoreDamaged):
            open_inline(cipher, with_key, broken)


def test_no_mode_no_key(cipher):
    assert new_body_key(cipher, "", None) is None
    assert open_body_key(cipher, None, None) is None
    assert open_body_key(cipher, Encryption(), None) is None


def test_keys_of_objects_open_again(cipher):
    for mode, customer in [("AES256", None), ("C", CUSTOMER)]:
        made = new_body_key(cipher, mode, customer)
        assert open_body_key(cipher, made.record, customer) == made
        assert made.data_key not in (made.record.wrapped_key, made.record.key_check)
    assert made.record.key_md5 == "md5-text"


@pytest.mark.parametrize(
    ("mode", "made_with", "presented", "code", "message"),
    [
        ("C", CUSTOMER, None, "InvalidRequest", KEY_NEEDED),
        ("C", CUSTOMER, OTHER, "AccessDenied", None),
        ("AES256", None, CUSTOMER, "InvalidRequest", NOT_APPLICABLE),
        ("", None, CUSTOMER, "InvalidRequest", NOT_APPLICABLE),
    ],
)
def test_refusals(cipher, mode, made_with, presented, code, message):
    made = new_body_key(cipher, mode, made_with)
    with pytest.raises(S3Error) as refused:
        open_body_key(cipher, made.record if made else None, presented)
    assert (refused.value.code, refused.value.message) == (code, message)


def test_keys_do_not_show_in_repr(cipher):
    made = new_body_key(cipher, "AES256", None)
    assert repr(made.data_key) not in repr(made)
