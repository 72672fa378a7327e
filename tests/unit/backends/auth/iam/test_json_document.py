"""JSON as policies must be written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam.json_document import MAX_CHARACTERS, MAX_DEPTH, DocumentError, parse_json_object


def test_an_object() -> None:
    assert parse_json_object(b' {"a": [1, "\xc3\xa9", null]} ') == {"a": [1, "é", None]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '"a"',
        "null",
        "{",
        '{"a": 1, "a": 2}',
        '{"x": {"a": 1, "a": 1}}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"a": 1} x',
        b'{"a": "\xff"}',
        "{'a': 1}",
        '{"a": 1' + "0" * 5000 + "}",
        "[" * 100_000,
        '{"a":' * 20_000,
        '{"a": "' + "x" * MAX_CHARACTERS + '"}',
    ],
)
def test_refused(text: str | bytes) -> None:
    with pytest.raises(DocumentError):
        parse_json_object(text)


def test_depth() -> None:
    fits = '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH
    assert parse_json_object(fits)
    with pytest.raises(DocumentError, match="deeper"):
        parse_json_object('{"a":' + fits + "}")


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_nothing_else_is_raised(text: str | bytes) -> None:
    with contextlib.suppress(DocumentError):
        assert isinstance(parse_json_object(text), dict)
