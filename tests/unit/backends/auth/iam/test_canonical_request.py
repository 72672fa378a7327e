"""The canonical forms, rule by rule (photonauth.md §4.3 rule 4)."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import canonical_request as canonical


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", b"/"),
        (b"/", b"/"),
        (b"/a/b", b"/a/b"),
        (b"//a//./../b/", b"//a//./../b/"),
        (b"/a%2Fb", b"/a/b"),
        (b"/a%2fb%41", b"/a/bA"),
        (b"/a+b c", b"/a%2Bb%20c"),
        (b"/%e3%81%82", b"/%E3%81%82"),
        (b"/a%zz%", b"/a%25zz%25"),
        (b"/~-._", b"/~-._"),
    ],
)
def test_s3_paths_are_decoded_and_encoded_once(raw: bytes, expected: bytes) -> None:
    assert canonical.s3_path(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", b"/"),
        (b"/", b"/"),
        (b"/./", b"/"),
        (b"/a/../..", b"/"),
        (b"//a//b/./c/../d/", b"/a/b/d/"),
        (b"/a b%20c", b"/a%20b%2520c"),
        (b"/\xe1\x88\xb4", b"/%E1%88%B4"),
    ],
)
def test_generic_paths_are_normalised_and_encoded_again(raw: bytes, expected: bytes) -> None:
    assert canonical.generic_path(raw) == expected


def test_generic_paths_that_are_not_normalised() -> None:
    assert canonical.generic_path(b"//a/./b", normalize=False) == b"//a/./b"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"lifecycle", b"lifecycle="),
        (b"b=2&a=1", b"a=1&b=2"),
        (b"a=2&a=1&a", b"a=&a=1&a=2"),
        (b"a-=1&a=2", b"a=2&a-=1"),
        (b"a=b=c", b"a=b%3Dc"),
        (b"a=%2f%7e+x", b"a=%2F~%20x"),
        (b"a=%4", b"a=%254"),
        (b"&&a=1&", b"a=1"),
        (b"\xff=1", b"%FF=1"),
    ],
)
def test_queries(raw: bytes, expected: bytes) -> None:
    assert canonical.canonical_query(canonical.parse_query(raw)) == expected


@given(st.binary(max_size=40))
def test_a_canonical_query_is_its_own_canonical_form(raw: bytes) -> None:
    once = canonical.canonical_query(canonical.parse_query(raw))
    assert canonical.canonical_query(canonical.parse_query(once)) == once


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"  a  ", b"a"),
        (b'a   "b   c"', b'a "b c"'),
        (b"a\t\tb", b"a b"),
        (b"a\r\n  b", b"a b"),
        (b"a b", b"a b"),
        (b"", b""),
    ],
)
def test_header_values_are_trimmed(raw: bytes, expected: bytes) -> None:
    assert canonical.trim(raw) == expected


def test_headers_are_joined_in_order_of_arrival() -> None:
    gathered = canonical.gather_headers([(b"a", b" 2 "), (b"b", b"x"), (b"a", b"1")])
    assert gathered == {b"a": b"2,1", b"b": b"x"}
    assert canonical.canonical_headers([b"a", b"c"], gathered) == b"a:2,1\nc:\n"


@given(st.binary(max_size=40))
def test_encoding_keeps_exactly_the_unreserved(raw: bytes) -> None:
    assert canonical.encode(raw) == quote_from_bytes(raw, safe="-._~").encode()
