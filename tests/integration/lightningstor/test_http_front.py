"""The wire rules of lightningstor.md §4.1, one raw request at a time: bytes in, status and code out.

Each case says in its name why it exists. A connection that must end is read to its end; one that must go on is asked
for something else afterwards.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from photoncloud.testkit.s3_wire import Wire

READ_LIMIT_SEC = 10
BUCKET = "front-bucket"
HOST = b"Host: localhost\r\n"


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"content")
    return BUCKET


@pytest.fixture
def wire(s3_store: Any, bucket: str) -> Iterator[Wire]:
    connection = Wire(s3_store.address)
    with contextlib.closing(connection.socket):
        yield connection


class _Signer(S3SigV4Auth):
    """Signs targets no SDK would send: the path decoded and encoded once, `+` in a query as a blank."""

    def _normalize_url_path(self, path: str) -> str:
        return quote(unquote_to_bytes(path), safe="/~")

    def _canonical_query_string_url(self, parts: Any) -> str:
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs))


@pytest.fixture(scope="module")
def signed(s3_store: Any) -> Any:
    """Build a signed request: `signed(b"PUT", "/b/k", body)`; extra fields are signed too."""
    credentials = Credentials("AKIAFRONTFRONTFRONT2", "frontTestsSecretKey0123456789abcdefABCDE")

    def build(
        method: str,
        target: str,
        body: bytes = b"",
        *,
        fields: dict[str, str] | None = None,
        payload: str = "",
        length: str | None = "",
        host: str = "localhost",
        tail: bytes = b"",
    ) -> bytes:
        request = AWSRequest(method, f"http://{host}{target}", headers={"Host": host, **(fields or {})})
        digest = payload or hashlib.sha256(body).hexdigest()
        request.headers["X-Amz-Content-SHA256"] = digest
        auth = _Signer(credentials, "s3", "us-east-1")
        request.context["timestamp"] = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        canonical = auth.canonical_request(request)
        signature = auth.signature(auth.string_to_sign(request, canonical), request)
        auth._inject_signature_to_request(request, signature)
        lines = [f"{name}: {value}" for name, value in request.headers.items()]
        if length is not None:
            lines.append(f"Content-Length: {length or len(body)}")
        head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""])
        return head.encode("utf-8") + body + tail

    return build


def get(target: bytes, fields: bytes = HOST, version: bytes = b"1.1", method: bytes = b"GET") -> bytes:
    return b"%b %b HTTP/%b\r\n%b\r\n" % (method, target, version, fields)


REFUSED_AND_CLOSED = {
    "length beside transfer coding smuggles requests": (
        get(b"/b/k", HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", method=b"PUT"),
        "BadRequest",
    ),
    "transfer coding beside length, other order": (
        get(b"/b/k", HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", method=b"PUT"),
        "BadRequest",
    ),
    "two equal lengths": (get(b"/b/k", HOST + b"Content-Length: 3\r\n" * 2, method=b"PUT"), "BadRequest"),
    "two different lengths": (
        get(b"/b/k", HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n", method=b"PUT"),
        "BadRequest",
    ),
    "a list of lengths": (get(b"/b/k", HOST + b"Content-Length: 3, 3\r\n", method=b"PUT"), "BadRequest"),
    "negative length": (get(b"/b/k", HOST + b"Content-Length: -1\r\n", method=b"PUT"), "BadRequest"),
    "signed length": (get(b"/b/k", HOST + b"Content-Length: +1\r\n", method=b"PUT"), "BadRequest"),
    "length with letters": (get(b"/b/k", HOST + b"Content-Length: 1x\r\n", method=b"PUT"), "BadRequest"),
    "length beyond 64 bits": (get(b"/b/k", HOST + b"Content-Length: 99999999999999999999\r\n"), "BadRequest"),
    "obsolete line folding": (get(b"/", HOST + b"X-A: 1\r\n folded\r\n"), "BadRequest"),
    "tab folding": (get(b"/", HOST + b"X-A: 1\r\n\tfolded\r\n"), "BadRequest"),
    "blank before the colon": (get(b"/", HOST + b"X-A : 1\r\n"), "BadRequest"),
    "NUL in a value": (get(b"/", HOST + b"X-A: a\0b\r\n"), "BadRequest"),
    "control byte in a value": (get(b"/", HOST + b"X-A: a\x01b\r\n"), "BadRequest"),
    "DEL in a value": (get(b"/", HOST + b"X-A: a\x7fb\r\n"), "BadRequest"),
    "control byte in a name": (get(b"/", HOST + b"X\x01A: b\r\n"), "BadRequest"),
    "non-ASCII name": (get(b"/", HOST + b"X-\xc3\xa9: b\r\n"), "BadRequest"),
    "empty name": (get(b"/", HOST + b": b\r\n"), "BadRequest"),
    "line without colon": (get(b"/", HOST + b"nonsense\r\n"), "BadRequest"),
    "bare LF after the request line": (b"GET / HTTP/1.1\nHost: localhost\r\n\r\n", "BadRequest"),
    "bare LF after a field": (b"GET / HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n", "BadRequest"),
    "bare LF everywhere": (b"GET / HTTP/1.1\nHost: localhost\n\n", "BadRequest"),
    "bare CR in a value": (get(b"/", HOST + b"X-A: a\rb\r\n"), "BadRequest"),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "BadRequest"),
    "version 2.0": (get(b"/", version=b"2.0"), "BadRequest"),
    "version 1.2": (get(b"/", version=b"1.2"), "BadRequest"),
    "version 0.9 with fields": (b"GET /\r\nHost: localhost\r\n\r\n", "BadRequest"),
    "another protocol": (b"GET / RTSP/1.0\r\nHost: localhost\r\n\r\n", "BadRequest"),
    "lower-case method": (get(b"/", method=b"get"), "BadRequest"),
    "unknown method": (get(b"/", method=b"FROB"), "BadRequest"),
    "two blanks in the request line": (get(b" /"), "BadRequest"),
    "blank in the target": (get(b"/a b"), "BadRequest"),
    "not HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "BadRequest"),
    "transfer coding that is not chunked": (get(b"/b/k", HOST + b"Transfer-Encoding: gzip\r\n", method=b"PUT"), ""),
    "chunked not last": (get(b"/b/k", HOST + b"Transfer-Encoding: chunked, gzip\r\n", method=b"PUT"), "BadRequest"),
    "field beyond the head limit": (
        get(b"/", HOST + b"X-A: " + b"a" * 17000 + b"\r\n"),
        "RequestHeaderSectionTooLarge",
    ),
    "head that never ends": (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 20000, "RequestHeaderSectionTooLarge"),
    "target beyond the head limit": (get(b"/" + b"a" * 17000), "RequestHeaderSectionTooLarge"),
    "101 fields": (get(b"/", HOST + b"X-A: b\r\n" * 100), "RequestHeaderSectionTooLarge"),
    "no host": (get(b"/", b""), "InvalidHostHeader"),
    "two hosts": (get(b"/", HOST * 2), "InvalidHostHeader"),
    "empty host": (get(b"/", b"Host:\r\n"), "InvalidHostHeader"),
    "raw non-ASCII target": (get(b"/b/\xc3\xa9"), "InvalidURI"),
    "repeated Authorization": (get(b"/", HOST + b"Authorization: a\r\n" * 2), "InvalidRequest"),
    "repeated x-amz-date": (get(b"/", HOST + b"x-amz-date: a\r\n" * 2), "InvalidRequest"),
    "repeated x-amz-content-sha256": (get(b"/", HOST + b"x-amz-content-sha256: a\r\n" * 2), "InvalidRequest"),
    "repeated decoded length": (get(b"/", HOST + b"x-amz-decoded-content-length: 1\r\n" * 2), "InvalidRequest"),
    "repeated Content-MD5": (get(b"/", HOST + b"Content-MD5: a\r\n" * 2), "InvalidRequest"),
    "repeated Range, other case": (get(b"/", HOST + b"Range: bytes=0-\r\nrange: bytes=1-\r\n"), "InvalidRequest"),
    "CONNECT": (get(b"localhost:443", method=b"CONNECT"), "MethodNotAllowed"),
    "chunked inside a list": (get(b"/b/k", HOST + b"Transfer-Encoding: gzip, chunked\r\n"), "NotImplemented"),
}


@pytest.mark.parametrize("case", REFUSED_AND_CLOSED)
def test_refused_and_closed(wire: Wire, case: str) -> None:
    request, code = REFUSED_AND_CLOSED[case]
    wire.send(request)
    answer = wire.read_answer()
    assert answer.code == (code or answer.code)
    assert answer.status == {"MethodNotAllowed": 405, "NotImplemented": 501}.get(code, 400)
    assert answer.headers["connection"] == "close"
    assert wire.is_closed()


ANSWERED = {
    "broken escape": (get(b"/b/%zz"), 400, "InvalidURI"),
    "escape cut off": (get(b"/b/k%4"), 400, "InvalidURI"),
    "lone percent": (get(b"/b/100%"), 400, "InvalidURI"),
    "invalid UTF-8 once decoded": (get(b"/b/%ff"), 400, "InvalidURI"),
    "overlong UTF-8": (get(b"/b/%c0%80"), 400, "InvalidURI"),
    "surrogate in UTF-8": (get(b"/b/%ed%a0%80"), 400, "InvalidURI"),
    "broken escape in the query": (get(b"/b?prefix=%zz"), 400, "InvalidURI"),
    "invalid UTF-8 in the query": (get(b"/b?prefix=%ff"), 400, "InvalidURI"),
    "raw fragment": (get(b"/b/k#x"), 400, "InvalidURI"),
    "asterisk form": (get(b"*", method=b"OPTIONS"), 400, "InvalidURI"),
    "known method without operation": (get(b"/b/k", method=b"PATCH"), 405, "MethodNotAllowed"),
    "TRACE": (get(b"/", method=b"TRACE"), 405, "MethodNotAllowed"),
    "PROPFIND": (get(b"/", method=b"PROPFIND"), 405, "MethodNotAllowed"),
    "DELETE of the service": (get(b"/", method=b"DELETE"), 405, "MethodNotAllowed"),
    "POST on an object": (get(b"/b/k", HOST + b"Content-Length: 0\r\n", method=b"POST"), 405, "MethodNotAllowed"),
    "two sub-resources": (get(b"/b?acl&cors"), 400, "InvalidArgument"),
    "sub-resource of another level": (get(b"/b/k?versions"), 405, "MethodNotAllowed"),
    "sub-resource never falls through": (get(b"/b/k?acl", method=b"DELETE"), 405, "MethodNotAllowed"),
    "unbuilt operation": (get(b"/b/k?torrent"), 501, "NotImplemented"),
    "anonymous list of buckets": (get(b"/"), 403, "AccessDenied"),
    "no such bucket": (get(b"/no-such-bucket-here"), 404, "NoSuchBucket"),
    "absolute form, Host decides": (get(b"http://elsewhere.example/no-such-bucket-here"), 404, "NoSuchBucket"),
    "absolute form without path": (get(b"http://elsewhere.example"), 403, "AccessDenied"),
    "virtual host": (get(b"/k", b"Host: no-such-bucket-here.localhost:9001\r\n"), 404, "NoSuchBucket"),
    "virtual host in capitals": (get(b"/k", b"Host: No-Such-Bucket-Here.LOCALHOST.\r\n"), 404, "NoSuchBucket"),
    "upgrade is ignored": (
        get(b"/no-such-bucket-here", HOST + b"Connection: upgrade\r\nUpgrade: h2c\r\n"),
        404,
        "NoSuchBucket",
    ),
    "preflight without origin": (get(b"/b/k", method=b"OPTIONS"), 400, "BadRequest"),
    "100 fields": (get(b"/no-such-bucket-here", HOST + b"X-A: b\r\n" * 99), 404, "NoSuchBucket"),
    "tab and bytes above 127 in a value": (
        get(b"/no-such-bucket-here", HOST + b"X-A: a\t\xff\r\n"),
        404,
        "NoSuchBucket",
    ),
    "empty lines before the request": (b"\r\n\r\n" + get(b"/no-such-bucket-here"), 404, "NoSuchBucket"),
    "two mechanisms": (
        get(b"/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256", HOST + b"Authorization: AWS4-HMAC-SHA256 x\r\n"),
        400,
        "InvalidArgument",
    ),
    "version 2 signature": (get(b"/b/k", HOST + b"Authorization: AWS a:b\r\n"), 400, "InvalidRequest"),
    "made-up mechanism": (get(b"/b/k", HOST + b"Authorization: Basic abc\r\n"), 400, "InvalidArgument"),
    "credential alone is not anonymous": (
        get(b"/b/k?X-Amz-Credential=a"),
        400,
        "AuthorizationQueryParametersError",
    ),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_refused_and_kept(wire: Wire, case: str) -> None:
    """Refusals of whole requests leave the connection usable."""
    request, status, code = ANSWERED[case]
    wire.send(request)
    answer = wire.read_answer()
    assert (answer.status, answer.code) == (status, code)
    assert "connection" not in answer.headers
    wire.send(get(b"/no-such-bucket-here"))
    assert wire.read_answer().code == "NoSuchBucket"


def test_method_not_allowed_names_what_is(wire: Wire) -> None:
    wire.send(get(b"/b?delete"))
    answer = wire.read_answer()
    assert answer.headers["allow"] == "POST"
    assert (answer.element("Method"), answer.element("ResourceType")) == ("GET", "MULTI_OBJECT_DELETE")


def test_every_reply_names_itself(wire: Wire) -> None:
    wire.send(get(b"/no-such-bucket-here") * 2)
    first, second = wire.read_answer(), wire.read_answer()
    for answer in (first, second):
        assert answer.headers["server"] == "lightningstor"
        assert answer.headers["date"].endswith(" GMT")
        assert answer.headers["x-amz-id-2"] == answer.element("HostId")
        request_id = answer.headers["x-amz-request-id"]
        assert request_id == answer.element("RequestId")
        assert len(request_id) == 16
        assert request_id.isalnum()
        assert request_id.isupper() or request_id.isdigit()
        assert answer.headers["content-type"] == "application/xml"
        assert answer.body.startswith(
            b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>'
        )
    assert first.headers["x-amz-request-id"] != second.headers["x-amz-request-id"]


def test_head_errors_have_no_body(wire: Wire) -> None:
    wire.send(get(b"/no-such-bucket-here/k", method=b"HEAD") + get(b"/"))
    assert wire.read_answer(head_only=True).status == 404
    assert wire.read_answer().code == "AccessDenied"


def test_pipelined_requests_are_answered_in_order(wire: Wire, signed: Any, bucket: str) -> None:
    puts = b"".join(signed("PUT", f"/{bucket}/pipe{number}", b"x" * number) for number in range(1, 30))
    gets = b"".join(signed("GET", f"/{bucket}/pipe{number}", length=None) for number in range(1, 30))
    sender = threading.Thread(target=wire.send, args=(puts + gets,))
    sender.start()
    assert [wire.read_answer().status for _ in range(1, 30)] == [200] * 29
    assert [len(wire.read_answer().body) for _ in range(1, 30)] == list(range(1, 30))
    sender.join()


def test_bytes_after_the_body_are_the_next_request(wire: Wire, signed: Any, bucket: str) -> None:
    wire.send(signed("PUT", f"/{bucket}/exact", b"12345", tail=get(b"/no-such-bucket-here")))
    assert wire.read_answer().status == 200
    assert wire.read_answer().code == "NoSuchBucket"
    wire.send(signed("GET", f"/{bucket}/exact", length=None))
    assert wire.read_answer().body == b"12345"


def test_a_body_nobody_asked_for_is_skipped(wire: Wire) -> None:
    fields = HOST + b"Content-Length: 5\r\n"
    wire.send(get(b"/no-such-bucket-here", fields) + b"12345" + get(b"/"))
    assert wire.read_answer().code == "NoSuchBucket"
    assert wire.read_answer().code == "AccessDenied"


def test_upgrade_with_a_body_is_an_ordinary_put(wire: Wire, signed: Any, bucket: str) -> None:
    fields = {"Connection": "Upgrade", "Upgrade": "h2c"}
    wire.send(signed("PUT", f"/{bucket}/upgraded", b"body", fields=fields))
    assert wire.read_answer().status == 200
    wire.send(signed("GET", f"/{bucket}/upgraded", length=None))
    assert wire.read_answer().body == b"body"


@pytest.mark.parametrize(
    ("version", "connection", "stays"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: keep-alive\r\n", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: Keep-Alive, CLOSE\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
        (b"1.0", b"Connection: close\r\n", False),
    ],
)
def test_how_long_a_connection_lives(wire: Wire, version: bytes, connection: bytes, stays: bool) -> None:
    wire.send(get(b"/no-such-bucket-here", HOST + connection, version))
    answer = wire.read_answer()
    assert answer.code == "NoSuchBucket"
    if stays:
        assert answer.headers.get("connection", "keep-alive") == "keep-alive"
        wire.send(get(b"/"))
        assert wire.read_answer().code == "AccessDenied"
    else:
        assert answer.headers["connection"] == "close"
        assert wire.is_closed()


def test_http_1_0_needs_no_host(wire: Wire) -> None:
    wire.send(get(b"/no-such-bucket-here", b"", b"1.0"))
    assert wire.read_answer().code == "NoSuchBucket"


# ---- Expect


def test_continue_is_sent_once_everything_else_is_decided(wire: Wire, signed: Any, bucket: str) -> None:
    request = signed("PUT", f"/{bucket}/expected", b"body", fields={"Expect": "100-continue"})
    head, _, body = request.partition(b"\r\n\r\n")
    wire.send(head + b"\r\n\r\n")
    assert wire.read_answer().status == 100
    wire.send(body)
    assert wire.read_answer().status == 200


def test_a_refused_body_is_never_asked_for(wire: Wire, signed: Any) -> None:
    request = signed("PUT", "/no-such-bucket-here/k", b"body", fields={"Expect": "100-continue"})
    wire.send(request.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    answer = wire.read_answer()
    assert (answer.status, answer.code) == (404, "NoSuchBucket")
    assert answer.headers["connection"] == "close"
    assert wire.is_closed()


def test_a_wrong_signature_is_refused_before_continue(wire: Wire, bucket: str, signed: Any) -> None:
    request = signed("PUT", f"/{bucket}/k2", b"body", fields={"Expect": "100-continue"}).replace(b"k2", b"k3")
    wire.send(request.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    assert wire.read_answer().code == "SignatureDoesNotMatch"


def test_a_body_that_did_not_wait_gets_no_continue(wire: Wire, signed: Any, bucket: str) -> None:
    wire.send(signed("PUT", f"/{bucket}/eager", b"body", fields={"Expect": "100-continue"}))
    assert wire.read_answer().status == 200


def test_http_1_0_never_gets_continue(wire: Wire, signed: Any, bucket: str) -> None:
    request = signed("PUT", f"/{bucket}/old", b"body", fields={"Expect": "100-continue"})
    head, _, body = request.replace(b"HTTP/1.1", b"HTTP/1.0", 1).partition(b"\r\n\r\n")
    wire.send(head + b"\r\n\r\n")
    time.sleep(0.1)
    wire.send(body)
    assert wire.read_answer().status == 200


# ---- bodies


def test_put_without_length_or_coding(wire: Wire, signed: Any, bucket: str) -> None:
    wire.send(signed("PUT", f"/{bucket}/k", length=None))
    answer = wire.read_answer()
    assert (answer.status, answer.code) == (411, "MissingContentLength")


def test_put_in_chunked_coding_needs_a_streaming_payload(wire: Wire, signed: Any, bucket: str) -> None:
    request = signed("PUT", f"/{bucket}/k", fields={"Transfer-Encoding": "chunked"}, length=None)
    wire.send(request + b"4\r\nbody\r\n0\r\n\r\n")
    answer = wire.read_answer()
    assert (answer.status, answer.code, answer.element("Header")) == (501, "NotImplemented", "Transfer-Encoding")


def streamed(signed: Any, bucket: str, framed: bytes) -> bytes:
    """A PUT of `hello` in chunked transfer coding; the outer frames are the test's."""
    fields = {"Transfer-Encoding": "chunked", "x-amz-decoded-content-length": "5"}
    payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    return signed("PUT", f"/{bucket}/framed", fields=fields, payload=payload, length=None) + framed


INNER = b"5\r\nhello\r\n0\r\n"


def test_chunked_coding_with_extension_and_trailer(wire: Wire, signed: Any, bucket: str) -> None:
    framed = b"%x;name=value\r\n%b\r\n%X\r\n%b\r\n00\r\nX-Trailer: ignored\r\n\r\n" % (
        3,
        INNER[:3],
        len(INNER) - 3,
        INNER[3:],
    )
    wire.send(streamed(signed, bucket, framed) + get(b"/no-such-bucket-here"))
    assert wire.read_answer().status == 200
    assert wire.read_answer().code == "NoSuchBucket"
    wire.send(signed("GET", f"/{bucket}/framed", length=None))
    assert wire.read_answer().body == b"hello"


@pytest.mark.parametrize(
    "framed",
    [
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 5\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"zz\r\nhello\r\n",
        b"fffffffffffffffff\r\nhello\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloX0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5;" + b"e" * 400 + b"\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n" + b"T: x\r\n" * 2000 + b"\r\n",
        b"5\r\nhello\r\n0\r\nno colon\r\n\r\n",
    ],
)
def test_broken_chunked_coding(wire: Wire, signed: Any, bucket: str, framed: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        wire.send(streamed(signed, bucket, framed))
    answer = wire.read_answer()
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert answer.headers["connection"] == "close"
    assert wire.is_closed()


@pytest.mark.parametrize("size", [10, 100_000, 3_000_000])
def test_a_body_cut_short_leaves_nothing(wire: Wire, signed: Any, bucket: str, s3: Any, size: int) -> None:
    request = signed("PUT", f"/{bucket}/cut", b"x" * size)
    wire.send(request[:-5])
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.read_answer().code == "IncompleteBody"
    assert wire.is_closed()
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="cut")
    assert listed["KeyCount"] == 0


def test_an_early_reply_survives_the_body_that_is_under_way(wire: Wire, signed: Any) -> None:
    """A client that looks only after it has written everything still reads why it was refused."""
    wire.send(signed("PUT", "/no-such-bucket-here/k", b"x" * 900_000))
    answer = wire.read_answer()
    assert (answer.code, answer.headers["connection"]) == ("NoSuchBucket", "close")
    assert wire.is_closed()


def test_no_more_than_a_mebibyte_is_read_for_nothing(wire: Wire, signed: Any) -> None:
    head = signed("PUT", "/no-such-bucket-here/k", b"", length=str(1 << 40), payload="UNSIGNED-PAYLOAD")
    wire.send(head)
    sent = 0
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while sent < 64 << 20:
            wire.send(b"x" * 65536)
            sent += 65536
    assert sent < 40 << 20  # what the kernel's buffers hold comes on top of the mebibyte


# ---- keys and addresses


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/plain", "plain"),
        ("//double", "/double"),
        ("/a//b", "a//b"),
        ("/a/../b", "a/../b"),
        ("/.", "."),
        ("/..", ".."),
        ("/./x", "./x"),
        ("/a%2Fb", "a/b"),
        ("/a%252Fb", "a%2Fb"),
        ("/a+b", "a+b"),
        ("/a%20b", "a b"),
        ("/a%3Fb", "a?b"),
        ("/a%23b", "a#b"),
        ("/%E3%81%82", "あ"),
        ("/trailing/", "trailing/"),
        ("/~*'()!", "~*'()!"),
        ("/a%00b", "a\0b"),
    ],
)
def test_keys_are_taken_as_they_are(wire: Wire, signed: Any, s3: Any, new_bucket: str, target: str, key: str) -> None:
    """Path style and virtual-host style store under the same key; nothing is normalised."""
    wire.send(signed("PUT", f"/{new_bucket}{target}", b"path"))
    assert wire.read_answer().status == 200
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=new_bucket)["Contents"]] == [key]
    wire.send(signed("GET", target, length=None, host=f"{new_bucket}.localhost"))
    assert wire.read_answer().body == b"path"


@pytest.mark.parametrize("target", ["/{}", "/{}/", "/{}?prefix=a+b&max-keys=1"])
def test_a_bucket_with_and_without_slash(wire: Wire, signed: Any, s3: Any, new_bucket: str, target: str) -> None:
    s3.put_object(Bucket=new_bucket, Key="a b")
    wire.send(signed("GET", target.format(new_bucket), length=None))
    assert b"<Key>a b</Key>" in wire.read_answer().body


# ---- time and number


@pytest.fixture(scope="module")
def hasty(start_store: Any) -> Iterator[Any]:
    """A store with little patience."""
    server = {"header_timeout_sec": 1, "idle_timeout_sec": 2, "body_idle_timeout_sec": 1}
    with start_store(server=server) as store:
        yield store


def test_a_head_that_takes_too_long(hasty: Any) -> None:
    wire = Wire(hasty.address)
    wire.send(b"GET / HTTP/1.1\r\nHost: loc")
    answer = wire.read_answer()
    assert (answer.status, answer.code) == (400, "RequestTimeout")
    assert wire.is_closed()


def test_a_head_that_trickles(hasty: Any) -> None:
    """Slowloris: single bytes do not buy time."""
    wire = Wire(hasty.address)
    began = time.monotonic()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"s" * 200:
            wire.send(bytes((byte,)))
            time.sleep(0.05)
            if time.monotonic() - began > 4:
                break
    assert wire.read_answer().code == "RequestTimeout"


def test_an_idle_connection_is_closed_without_a_word(hasty: Any) -> None:
    assert Wire(hasty.address).is_closed()


def test_a_body_that_stalls(hasty: Any, signed: Any) -> None:
    hasty.client().create_bucket(Bucket="stall-bucket")
    for size in (100, 1_000_000):
        wire = Wire(hasty.address)
        wire.send(signed("PUT", "/stall-bucket/k", b"x" * size)[:-50])
        answer = wire.read_answer()
        assert (answer.status, answer.code) == (400, "RequestTimeout")
        assert wire.is_closed()


def test_connections_beyond_the_limit_are_closed(start_store: Any) -> None:
    with start_store(server={"max_connections": 20}) as store:
        wires = [Wire(store.address) for _ in range(40)]
        for wire in wires:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                wire.send(get(b"/no-such-bucket-here"))
        outcomes = []
        for wire in wires:
            try:
                outcomes.append(wire.read_answer().code)
            except ConnectionError:
                outcomes.append("closed")
        for wire in wires:
            wire.socket.close()
    assert outcomes.count("NoSuchBucket") == 20
    assert outcomes.count("closed") == 20


def test_tls_carries_the_same_rules(start_store: Any, tmp_path_factory: pytest.TempPathFactory, signed: Any) -> None:
    from photoncloud.testkit.tls import Authority

    authority = Authority(tmp_path_factory.mktemp("tls"))
    pair = authority.issue()
    server = {"s3_tls_addr": "127.0.0.1:0", "tls_cert_file": str(pair.cert_file), "tls_key_file": str(pair.key_file)}
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    with start_store(server=server) as store:
        store.client().create_bucket(Bucket="tls-bucket")
        wire = Wire(("127.0.0.1", store.process.port("s3-tls")))
        wire.socket = context.wrap_socket(wire.socket, server_hostname="localhost")
        body = bytes(range(256)) * 8192
        wire.send(signed("PUT", "/tls-bucket/big", body))
        assert wire.read_answer().status == 200
        wire.send(signed("GET", "/tls-bucket/big", length=None) + get(b"/nothing"))
        assert wire.read_answer().body == body
        assert wire.read_answer().code == "NoSuchBucket"
        wire.send(get(b"/", HOST * 2))
        assert wire.read_answer().code == "InvalidHostHeader"
        wire.socket.close()
