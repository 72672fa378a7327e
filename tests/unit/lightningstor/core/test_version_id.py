"""Version ids: found directly, sorted newest first, never accepted in another form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import version_id
from photoncloud.lightningstor.errors import S3Error

sequences = st.integers(0, 2**64 - 1)


@given(sequences, st.binary(min_size=8, max_size=8))
def test_round_trip(sequence, tail):
    text = version_id.text(sequence, tail)
    assert len(text) == 32
    assert text == text.lower()
    assert version_id.parse(text) == (sequence, tail)


@given(sequences, sequences)
def test_newer_versions_sort_first(older, newer):
    if older < newer:
        assert version_id.text(newer, b"\xff" * 8) < version_id.text(older, b"\0" * 8)


def test_null():
    assert version_id.text(5, b"") == "null"
    assert version_id.parse("null").is_null


@pytest.mark.parametrize("text", ["", "NULL", "g" * 32, "A" * 32, "a" * 31, "a" * 33, "٣" * 32, " " * 32])
def test_malformed(text):
    with pytest.raises(S3Error) as caught:
        version_id.parse(text)
    assert (caught.value.code, caught.value.message) == ("InvalidArgument", "Invalid version id specified")
