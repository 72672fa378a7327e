"""The algorithm table and the strict form of values."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core.checksum import ALGORITHMS, BY_HEADER, NOT_ALGORITHMS, decode, encode

LENGTHS = {
    "CRC32": 4,
    "CRC32C": 4,
    "CRC64NVME": 8,
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
    "MD5": 16,
    "XXHASH64": 8,
    "XXHASH3": 8,
    "XXHASH128": 16,
}


def test_ten_algorithms_with_their_lengths():
    assert {name: algorithm.length for name, algorithm in ALGORITHMS.items()} == LENGTHS


def test_headers_are_lower_case_and_unique():
    assert set(BY_HEADER) == {f"x-amz-checksum-{name.lower()}" for name in LENGTHS}
    assert not NOT_ALGORITHMS & set(BY_HEADER)


def test_only_crcs_combine():
    assert {name for name, algorithm in ALGORITHMS.items() if algorithm.is_crc} == {"CRC32", "CRC32C", "CRC64NVME"}


@given(st.binary(min_size=1, max_size=64))
def test_encoded_values_decode(raw):
    assert decode(encode(raw), len(raw)) == raw


@given(st.binary(min_size=1, max_size=64), st.integers(1, 64))
def test_only_the_exact_length_decodes(raw, length):
    assert (decode(encode(raw), length) == raw) == (len(raw) == length)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "nothing"),
        ("AAAAAA", "padding missing"),
        ("AAAAAA=", "padding short"),
        ("AAAAAA===", "padding long"),
        ("AAAAAB==", "padding bits set"),
        ("AAAA AA==", "blank inside"),
        (" AAAAAA==", "blank before"),
        ("AAAAAA==\n", "line end"),
        ("-_AAAA==", "URL alphabet"),
        ("AAAAAAA=", "five bytes"),
        ("AAAA====", "three bytes"),
        ("AAAAé===", "not ASCII"),
        ("not-base-64", "other text"),
    ],
)
def test_anything_else_is_refused(text, reason):
    assert decode(text, 4) is None, reason


def test_a_text_python_accepts_with_stray_bits_is_refused():
    assert base64.b64decode("y/Q5Jh==", validate=True) == base64.b64decode("y/Q5Jg==")
    assert decode("y/Q5Jh==", 4) is None
