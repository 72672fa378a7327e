"""The small S3 client: signatures by the published examples, answers read whole, connections made anew."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from photoncloud.api.s3_client import EMPTY_SHA256, S3Answer, S3Client, S3Request, Signer

# The key pair and the requests of "Signature Calculations for the Authorization Header" in the S3 API reference.
SIGNER = Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = "examplebucket.s3.amazonaws.com"
TIME_SEC = 1369353600.0  # 20130524T000000Z


def signature(fields: dict[str, str]) -> str:
    return fields["authorization"].rpartition("Signature=")[2]


class VirtualHost(S3Request):
    """The examples address the bucket by host name."""

    @property
    def path(self) -> str:
        return f"/{self.key}"


def test_the_published_get_with_a_range() -> None:
    request = VirtualHost("GET", "", "test.txt", headers={"range": "bytes=0-9"})
    fields = SIGNER.headers(request, HOST, TIME_SEC)
    assert fields["x-amz-content-sha256"] == EMPTY_SHA256
    assert "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date" in fields["authorization"]
    assert signature(fields) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"lifecycle": ""}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ({"max-keys": "2", "prefix": "J"}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_the_published_queries(query: dict[str, str], expected: str) -> None:
    assert signature(SIGNER.headers(VirtualHost("GET", query=query), HOST, TIME_SEC)) == expected


def test_the_published_presigned_url() -> None:
    target = SIGNER.presigned_target(VirtualHost("GET", key="test.txt"), HOST, TIME_SEC, 86400)
    assert target.endswith("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_paths_and_queries_are_encoded_once() -> None:
    request = S3Request("GET", "b", "a b/+%ü~", {"x y": "/&=", "a": ""})
    assert request.path == "/b/a%20b/%2B%25%C3%BC~"
    assert request.query_text() == "a=&x%20y=%2F%26%3D"
    assert S3Request("GET").path == "/"
    assert S3Request("PUT", "b").path == "/b"


def test_a_file_as_body(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"content")
    request = S3Request("PUT", "b", "k", body=file)
    assert (request.length(), request.sha256()) == (7, S3Request("PUT", body=b"content").sha256())


def test_answers() -> None:
    body = b'<?xml version="1.0"?><Error xmlns="urn:x"><Code>NoSuchKey</Code><Key>a</Key><Key>b</Key></Error>'
    refused = S3Answer(404, {}, body)
    assert (refused.code, refused.texts("Key"), refused.text("Absent")) == ("NoSuchKey", ["a", "b"], "")
    assert S3Answer(200, {}, body).code == ""
    assert S3Answer(500, {}, b"not xml").texts("Code") == []


def test_the_secret_is_in_no_text() -> None:
    assert "wJalr" not in repr(SIGNER)


@pytest.mark.parametrize("endpoint", ["ftp://x", "127.0.0.1:9001", "http://", ""])
def test_endpoints_are_urls(endpoint: str) -> None:
    with pytest.raises(ValueError, match="is no http"):
        S3Client(endpoint, "a", "b")


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked; closes the connection after each answer without saying so."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.seen.append((self.command, self.path, self.rfile.read(length)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("X-Amz-Thing", "yes")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"ok")
        self.wfile.flush()
        self.close_connection = True

    do_PUT = do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Echo.seen.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_requests_over_connections_that_end_silently(endpoint: str, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"x" * 3_000_000)
    with S3Client(endpoint, "key", "secret") as s3:
        assert s3.request("GET", "b", "k").body == b"ok"
        assert s3.request("HEAD", "b", "k").headers["x-amz-thing"] == "yes"
        assert s3.anonymous("GET", "b", query={"list-type": "2"}).status == 200
        assert s3.presigned(S3Request("GET", "b", "k")).status == 200
    with S3Client(endpoint, "key", "secret") as s3:
        assert s3.request("PUT", "b", "k", body=file).status == 200
    methods = [(method, path.partition("?")[0], len(body)) for method, path, body in Echo.seen]
    assert methods == [
        ("GET", "/b/k", 0),
        ("HEAD", "/b/k", 0),
        ("GET", "/b", 0),
        ("GET", "/b/k", 0),
        ("PUT", "/b/k", 3_000_000),
    ]
