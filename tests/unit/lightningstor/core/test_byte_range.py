"""Ranges and part numbers of reads (4.6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core.byte_range import Span, resolve_span
from photoncloud.lightningstor.errors import S3Error

WHOLE = "whole"


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("bytes=0-0", 10, (0, 1)),
        ("bytes=0-9", 10, (0, 10)),
        ("bytes=0-99", 10, (0, 10)),
        ("bytes=3-", 10, (3, 7)),
        ("bytes=9-9", 10, (9, 1)),
        ("bytes=-3", 10, (7, 3)),
        ("bytes=-99", 10, (0, 10)),
        ("Bytes=1-2", 10, (1, 2)),
        ("bytes= 1-2 ", 10, (1, 2)),
        ("bytes=0-99999999999999999999999999", 10, (0, 10)),
        ("bytes=00000000000000000000000001-2", 10, (1, 2)),
        # not understood, or several: ignored
        ("bytes=5-2", 10, WHOLE),
        ("bytes=0-1,3-4", 10, WHOLE),
        ("bytes=-", 10, WHOLE),
        ("bytes=", 10, WHOLE),
        ("bytes", 10, WHOLE),
        ("", 10, WHOLE),
        ("items=0-1", 10, WHOLE),
        ("bytes=a-b", 10, WHOLE),
        ("bytes=+1-2", 10, WHOLE),
        ("bytes=1 -2", 10, WHOLE),
        ("bytes=1-2-3", 10, WHOLE),
        ("bytes=--1", 10, WHOLE),
        ("bytes=\u0661-\u0662", 10, WHOLE),
        ("bytes=5-2", 0, WHOLE),
    ],
)
def test_ranges(text, size, expected):
    span = resolve_span(size, (), text, None)
    if expected is WHOLE:
        assert span == Span(0, size)
    else:
        offset, length = expected
        assert span == Span(offset, length, True, f"bytes {offset}-{offset + length - 1}/{size}")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("bytes=10-", 10),
        ("bytes=10-20", 10),
        ("bytes=99-", 10),
        ("bytes=99999999999999999999999999-", 10),
        ("bytes=-0", 10),
        ("bytes=0-", 0),
        ("bytes=0-0", 0),
        ("bytes=-5", 0),
    ],
)
def test_ranges_behind_the_object(text, size):
    with pytest.raises(S3Error) as refused:
        resolve_span(size, (), text, None)
    assert refused.value.code == "InvalidRange"
    assert refused.value.fields == {"RangeRequested": text, "ActualObjectSize": str(size)}
    assert refused.value.headers == (("Content-Range", f"bytes */{size}"),)


def test_no_range_is_everything():
    assert resolve_span(7, (), None, None) == Span(0, 7)


@pytest.mark.parametrize(
    ("sizes", "part", "expected"),
    [
        ((), "1", Span(0, 12, True, "bytes 0-11/12")),
        ((5, 4, 3), "1", Span(0, 5, True, "bytes 0-4/12")),
        ((5, 4, 3), "2", Span(5, 4, True, "bytes 5-8/12")),
        ((5, 4, 3), "3", Span(9, 3, True, "bytes 9-11/12")),
        ((12, 0), "2", Span(12, 0, True)),
    ],
)
def test_parts_are_positions_in_the_completed_list(sizes, part, expected):
    assert resolve_span(12, sizes, None, part) == expected


def test_part_one_of_an_empty_object():
    assert resolve_span(0, (), None, "1") == Span(0, 0, True)


@pytest.mark.parametrize("part", ["0", "-1", "10001", "x", "", "1.5", "+1", " 1", "9" * 5000])
def test_bad_part_numbers(part):
    with pytest.raises(S3Error) as refused:
        resolve_span(12, (5, 7), None, part)
    assert refused.value.code == "InvalidArgument"
    assert refused.value.message == "Part number must be an integer between 1 and 10000, inclusive"
    assert refused.value.fields == {"ArgumentName": "partNumber", "ArgumentValue": part}


@pytest.mark.parametrize(("sizes", "part"), [((), "2"), ((5, 7), "3"), ((5, 7), "10000")])
def test_part_beyond_the_count(sizes, part):
    with pytest.raises(S3Error) as refused:
        resolve_span(12, sizes, None, part)
    assert (refused.value.code, refused.value.message) == (
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
    )


def test_range_and_part_together_win_over_a_bad_number():
    with pytest.raises(S3Error) as refused:
        resolve_span(12, (), "bytes=0-1", "nonsense")
    assert (refused.value.code, refused.value.message) == (
        "InvalidRequest",
        "Cannot specify both Range header and partNumber query parameter",
    )


@given(st.integers(0, 40), st.integers(0, 50), st.integers(0, 50))
def test_ranges_agree_with_slices(size, first, last):
    data = bytes(range(size))
    try:
        span = resolve_span(size, (), f"bytes={first}-{last}", None)
    except S3Error:
        assert first >= size
        return
    expected = data if last < first else data[first : last + 1]
    assert data[span.offset : span.offset + span.length] == expected
