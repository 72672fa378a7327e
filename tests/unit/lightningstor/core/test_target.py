from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import target
from photoncloud.lightningstor.errors import S3Error


@pytest.mark.parametrize(
    ("raw", "path", "query"),
    [
        (b"/", b"/", b""),
        (b"/b/k?a=b", b"/b/k", b"a=b"),
        (b"/b/k?a?b", b"/b/k", b"a?b"),
        (b"/b/a%3Fb?c", b"/b/a?b", b"c"),
        (b"/b/%252F", b"/b/%2F", b""),
        (b"/b/a+b", b"/b/a+b", b""),
        (b"/b/%E3%81%82", "/b/あ".encode(), b""),
        (b"/b/../c//d/.", b"/b/../c//d/.", b""),
        (b"/b/a%00", b"/b/a\0", b""),
    ],
)
def test_split_decodes_the_path_once_and_leaves_the_query_raw(raw: bytes, path: bytes, query: bytes) -> None:
    assert target.split(raw) == (path, query)


@pytest.mark.parametrize(
    "raw",
    [b"", b"*", b"b/k", b"/b/%", b"/b/%4", b"/b/%zz", b"/b/%ff", b"/b/%c0%80", b"/b/\xc3\xa9", b"/b#c", b"/b?a#c"],
)
def test_split_refuses_what_has_no_single_meaning(raw: bytes) -> None:
    with pytest.raises(S3Error) as refusal:
        target.split(raw)
    assert refusal.value.code == "InvalidURI"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", {}),
        (b"acl", {"acl": ""}),
        (b"acl=", {"acl": ""}),
        (b"a=1&a=2", {"a": "1"}),
        (b"&&a=1&", {"a": "1"}),
        (b"prefix=a+b%2B", {"prefix": "a b+"}),
        (b"pre%66ix=x", {"prefix": "x"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a=%E3%81%82", {"a": "あ"}),
    ],
)
def test_parameters(query: bytes, expected: dict[str, str]) -> None:
    assert target.parameters(query) == expected


@pytest.mark.parametrize("query", [b"a=%", b"a=%zz", b"%ff", b"a=%c0%80"])
def test_parameters_refuse_broken_escapes(query: bytes) -> None:
    with pytest.raises(S3Error) as refusal:
        target.parameters(query)
    assert refusal.value.code == "InvalidURI"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"/a?b", b"/a?b"),
        (b"http://host:1/a?b", b"/a?b"),
        (b"HTTPS://host", b"/"),
        (b"http://host?b", b"/?b"),
        (b"http:/a", b"http:/a"),
        (b"*", b"*"),
    ],
)
def test_origin_form(raw: bytes, expected: bytes) -> None:
    assert target.origin_form(raw) == expected


@given(st.binary(max_size=60))
def test_split_and_parameters_raise_nothing_but_refusals(raw: bytes) -> None:
    for call in (target.split, target.parameters):
        with contextlib.suppress(S3Error):
            assert call(raw) is not None
