"""The cursor: look-ahead hides errors until they are reached; positions count bytes."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.promql.token_stream import TokenStream, line_column
from photoncloud.nightlight.core.promql.tokens import Kind
from photoncloud.nightlight.errors import ParseError


@pytest.mark.parametrize(("start", "place"), [(0, "1:1"), (2, "1:3"), (3, "2:1"), (6, "2:4")])
def test_line_column(start: int, place: str) -> None:
    assert line_column("ab\ncdef", start) == place


def test_columns_count_bytes() -> None:
    assert line_column("é\néa", 5) == "2:3"


def test_an_error_ahead_is_no_error_yet() -> None:
    stream = TokenStream("a é")
    assert stream.current.text == "a"
    assert stream.following.kind is Kind.EOF
    stream.take()
    with pytest.raises(ParseError) as caught:
        _ = stream.current
    assert str(caught.value) == "1:3: parse error: unexpected character: 'é'"


def test_spans_are_bytes() -> None:
    stream = TokenStream('"é" a')
    stream.take()
    assert stream.last_end == 4
    assert stream.start == 5
    assert (stream.span_from(0).start, stream.span_from(0).end) == (0, 4)


def test_messages() -> None:
    stream = TokenStream("sum by")
    assert stream.unexpected("here", "x").text == "unexpected <aggr:sum> in here, expected x"
    stream.take()
    assert stream.unexpected().text == "unexpected <by>"
