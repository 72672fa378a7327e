"""Request heads by llhttp (`httptools`), strict: leniency flags stay off, one parser a request."""

from __future__ import annotations

import httptools

from photoncloud.lightningstor.core import http_head
from photoncloud.lightningstor.errors import S3Error


class ParsedHead:
    """One request head; filled by the parser, which calls `on_url` and `on_header`."""

    __slots__ = ("fields", "headers", "method", "target", "version")

    def __init__(self) -> None:
        self.method = ""
        self.target = b""
        self.version = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self.fields: dict[bytes, bytes] = {}

    def on_url(self, url: bytes) -> None:
        self.target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        name, value = name.lower(), value.strip(b" \t")
        self.headers.append((name, value))
        if name not in self.fields:
            self.fields[name] = value


def parse_head(data: bytes) -> ParsedHead:
    """The head in `data`, which ends with its empty line. Raises S3Error for what breaks HTTP's grammar."""
    head = ParsedHead()
    parser = httptools.HttpRequestParser(head)
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # the head is complete; a wish for another protocol is ignored
    except httptools.HttpParserInvalidURLError:
        raise S3Error("InvalidURI", close=True) from None
    except httptools.HttpParserError as error:
        raise http_head.broken_syntax() from error
    method, head.version = parser.get_method(), parser.get_http_version()
    if not data.startswith(b"%b %b HTTP/%b\r\n" % (method, head.target, head.version.encode())):
        raise http_head.broken_syntax()
    if head.version not in ("1.1", "1.0"):
        raise http_head.broken_syntax()
    head.method = method.decode()
    return head
