"""The ten published check values, and that running, one-shot and combined forms agree."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.adapters.hash_functions import (
    DIGEST,
    FAST,
    SLOW,
    chunk_digest,
    chunk_hash,
    combine,
    crc32c,
)
from photoncloud.lightningstor.core.checksum import ALGORITHMS

CHECK_VALUES = {
    "CRC32": "y/Q5Jg==",
    "CRC32C": "4waSgw==",
    "CRC64NVME": "rosUhgp5mIg=",
    "XXHASH64": "jLhB20DmroM=",
    "XXHASH3": "ctyxi2ehff8=",
    "XXHASH128": "MxGUd+3l3NXpcWQnaB1YYA==",
}


@pytest.mark.parametrize("name", list(CHECK_VALUES))
def test_check_values_of_123456789(name):
    assert base64.b64encode(DIGEST[name](b"123456789")).decode() == CHECK_VALUES[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MD5", "25f9e794323b453885f5181f1b624d0b"),
        ("SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    ],
)
def test_check_values_in_hex(name, value):
    assert DIGEST[name](b"123456789").hex() == value


def test_every_algorithm_is_there_with_its_length():
    assert set(DIGEST) == set(SLOW) | set(FAST) == set(ALGORITHMS)
    assert {name: len(DIGEST[name](b"")) for name in DIGEST} == {
        name: algorithm.length for name, algorithm in ALGORITHMS.items()
    }


@pytest.mark.parametrize("name", list(ALGORITHMS))
@given(pieces=st.lists(st.binary(max_size=300), max_size=5))
def test_running_equals_one_shot(name, pieces):
    running = {**SLOW, **FAST}[name]()
    for piece in pieces:
        running.update(memoryview(piece))
    assert running.digest() == DIGEST[name](b"".join(pieces))


@pytest.mark.parametrize("name", [name for name, algorithm in ALGORITHMS.items() if algorithm.is_crc])
@given(pieces=st.lists(st.binary(max_size=300), max_size=5))
def test_combined_equals_whole(name, pieces):
    parts = [(DIGEST[name](piece), len(piece)) for piece in pieces]
    assert combine(name, parts) == DIGEST[name](b"".join(pieces))


@pytest.mark.parametrize("name", [name for name, algorithm in ALGORITHMS.items() if not algorithm.is_crc])
def test_other_hashes_do_not_combine(name):
    with pytest.raises(KeyError):
        combine(name, [])


def test_chunk_hash_is_xxh3():
    running = chunk_hash()
    running.update(b"12345")
    running.update(b"6789")
    assert running.digest() == chunk_digest(b"123456789") == DIGEST["XXHASH3"](b"123456789")
    assert crc32c(b"123456789") == 0xE3069283
