from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config.suggestion import NAME_CHARACTERS_MAX, distance, nearest


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("s3_adr", ["grpc_addr", "s3_addr"], "s3_addr"),
        ("integratd", ["standalone", "hybrid", "integrated"], "integrated"),
        ("versionning", ["versioning"], "versioning"),
        ("abcd", ["bacd", "abdc"], "abdc"),
        ("xyz", ["standalone"], ""),
        ("", ["ab"], "ab"),
        ("a" * (NAME_CHARACTERS_MAX + 1), ["a" * (NAME_CHARACTERS_MAX + 1)], ""),
    ],
)
def test_nearest(word: str, names: list[str], expected: str) -> None:
    assert nearest(word, names) == expected


def test_swapped_neighbours_count_once() -> None:
    assert distance("levle", "level", 5) == 1


words = st.text("abc", max_size=7)


@given(words, words)
def test_distance_is_symmetric_and_zero_only_for_equal_words(a: str, b: str) -> None:
    assert distance(a, b, 10) == distance(b, a, 10)
    assert (distance(a, b, 10) == 0) == (a == b)
    assert distance(a, b, 10) <= max(len(a), len(b))


@given(words, words, st.integers(0, 3))
def test_a_limit_only_cuts_off(a: str, b: str, limit: int) -> None:
    assert distance(a, b, limit) == min(distance(a, b, 10), limit + 1)
