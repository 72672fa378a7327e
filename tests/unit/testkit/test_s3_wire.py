"""Raw requests are what they were made of, and answers are taken from the wire as they came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from photoncloud.testkit.s3_signing import STREAMING_UNSIGNED_TRAILER, Signer
from photoncloud.testkit.s3_wire import RawRequest, Target, Wire, WireAnswer, crc32, multipart_form

ERROR = b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>&#0;</Message></Error>'
TARGET = Target(("127.0.0.1", 0), Signer("KEY", "SECRET"))


def test_heads() -> None:
    request = RawRequest("PUT", "/b/k", "acl=", (("host", "h"),), b"body")
    assert request.raw == b"PUT /b/k?acl= HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbody"
    assert RawRequest("GET", "/").head == b"GET / HTTP/1.1\r\n\r\n"
    assert RawRequest("PUT", "/", length=None).head == b"PUT / HTTP/1.1\r\n\r\n"
    assert b"content-length: 77" in RawRequest("PUT", "/", length="77").head


def test_fields_are_replaced() -> None:
    request = RawRequest("GET", "/", fields=(("a", "1"), ("b", "2")))
    assert request.having("a", "3").fields == (("b", "2"), ("a", "3"))
    assert request.without("a").fields == (("b", "2"),)
    assert (request.field("b"), request.field("c")) == ("2", "")


def test_what_is_signed() -> None:
    signed = TARGET.signed("PUT", "/b/k", b"x", fields={"X-Amz-Meta-A": "b"})
    assert "x-amz-meta-a" in signed.field("authorization")
    streamed = TARGET.streamed("PUT", "/b/k", b"abc", payload=STREAMING_UNSIGNED_TRAILER)
    assert streamed.body == b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:" + crc32(b"abc").encode() + b"\r\n\r\n"
    assert streamed.field("x-amz-decoded-content-length") == "3"
    assert "X-Amz-Signature=" in TARGET.presigned("GET", "/b/k").query
    assert TARGET.as_user("OTHER", "x").signer.access_key == "OTHER"


def test_forms() -> None:
    form = multipart_form(TARGET, "/b", {"key": "k"}, b"data")
    assert form.body.index(b'name="key"') < form.body.index(b'name="file"') < form.body.index(b"\r\n\r\ndata")


def test_codes_and_elements() -> None:
    assert WireAnswer(404, {}, ERROR).code == "NoSuchKey"
    assert WireAnswer(200, {}, b"<a>").code == ""
    listing = WireAnswer(200, {}, b'<L xmlns="n"><Key>a</Key><Key/></L>')
    assert (listing.element("Key"), listing.elements("Key"), listing.element("None")) == ("a", ["a", ""], "")


@pytest.fixture
def served() -> Iterator[Callable[[bytes], Wire]]:
    """A wire to a server that answers the given bytes and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(data: bytes) -> Wire:
        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(data)

        threading.Thread(target=answer, daemon=True).start()
        return Wire(listener.getsockname())

    yield serve
    listener.close()


def test_answers(served: Callable[[bytes], Wire]) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    replies = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabc" + chunks
    with served(replies + b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n") as wire:
        assert wire.read_answer().status == 100
        answer = wire.read_answer()
        assert (answer.status, answer.headers["x-a"], answer.body) == (200, "b", b"abc")
        assert wire.read_answer().body == b"abc"
        assert wire.read_answer(head_only=True).status == 404
        assert wire.is_closed()


def test_an_answer_cut_short(served: Callable[[bytes], Wire]) -> None:
    with served(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as wire, pytest.raises(ConnectionError):
        wire.read_answer()
