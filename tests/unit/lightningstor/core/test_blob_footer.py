"""The footer of blob files: found by size alone, and any changed byte of it is noticed."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core.blob_footer import (
    CHUNK_BYTES,
    Footer,
    FooterBroken,
    blob_length,
    chunk_count,
    decode,
    encode,
    footer_size,
)

LENGTHS = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES, (5 << 30) - 1, 5 << 30]


def footer(length):
    return Footer(length, bytes(range(8)) * chunk_count(length))


@pytest.mark.parametrize("length", LENGTHS)
def test_round_trip(length):
    content = encode(footer(length), zlib.crc32)
    assert len(content) == footer_size(length)
    assert decode(content, length + len(content), zlib.crc32) == footer(length)


@given(st.integers(0, 1 << 45))
def test_length_follows_from_the_file_size(length):
    assert blob_length(length + footer_size(length)) == length


@given(st.integers(0, 3 * CHUNK_BYTES))
def test_other_file_sizes_are_refused_or_consistent(file_size):
    try:
        length = blob_length(file_size)
    except FooterBroken:
        return
    assert length + footer_size(length) == file_size


@pytest.mark.parametrize("size", [0, 1, 19, CHUNK_BYTES + 28 + 1])
def test_sizes_no_blob_has(size):
    with pytest.raises(FooterBroken):
        blob_length(size)


def test_every_flipped_byte_is_noticed():
    content = encode(footer(2 * CHUNK_BYTES), zlib.crc32)
    for at in range(len(content)):
        broken = bytearray(content)
        broken[at] ^= 1
        with pytest.raises(FooterBroken):
            decode(bytes(broken), 2 * CHUNK_BYTES + len(content), zlib.crc32)


def test_a_footer_of_another_length_is_refused():
    content = encode(Footer(CHUNK_BYTES - 1, bytes(8)), zlib.crc32)
    with pytest.raises(FooterBroken, match="another file"):
        decode(content, CHUNK_BYTES - 2 + len(content), zlib.crc32)
    with pytest.raises(FooterBroken, match="cut short"):
        decode(content[:-1], CHUNK_BYTES - 1 + len(content), zlib.crc32)


def test_chunk_hashes_by_number():
    assert Footer(2 * CHUNK_BYTES, b"a" * 8 + b"b" * 8).chunk_hash(1) == b"b" * 8
