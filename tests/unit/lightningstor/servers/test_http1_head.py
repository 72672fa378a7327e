from __future__ import annotations

import pytest

from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.http1_head import parse_head


def test_a_head_is_kept_as_sent() -> None:
    head = parse_head(b"PUT /b/a%2Fb?x=%20 HTTP/1.1\r\nHost:  a:1 \t\r\nX-Two: 1\r\nx-two: \xff\r\nEmpty:\r\n\r\n")
    assert (head.method, head.target, head.version) == ("PUT", b"/b/a%2Fb?x=%20", "1.1")
    assert head.headers == [(b"host", b"a:1"), (b"x-two", b"1"), (b"x-two", b"\xff"), (b"empty", b"")]
    assert head.fields == {b"host": b"a:1", b"x-two": b"1", b"empty": b""}


@pytest.mark.parametrize("fields", [b"Connection: upgrade\r\nUpgrade: h2c\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_what_would_change_the_parsers_mind_does_not(fields: bytes) -> None:
    assert parse_head(b"POST / HTTP/1.1\r\n" + fields + b"\r\n").method == "POST"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"FROB / HTTP/1.1\r\n\r\n", "BadRequest"),
        (b"GET / HTTP/2.0\r\n\r\n", "BadRequest"),
        (b"GET  / HTTP/1.1\r\n\r\n", "BadRequest"),
        (b"GET /\r\n\r\n", "BadRequest"),
        (b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", "InvalidURI"),
        (b"GET / HTTP/1.1\r\na b: c\r\n\r\n", "BadRequest"),
    ],
)
def test_refusals_close(data: bytes, code: str) -> None:
    with pytest.raises(S3Error) as refusal:
        parse_head(data)
    assert (refusal.value.code, refusal.value.close) == (code, True)
