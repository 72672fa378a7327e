"""The small client signs what it sends and hides nothing of what comes back."""

from __future__ import annotations

import asyncio

from photoncloud.testkit.s3_client import S3Client


def test_what_is_signed() -> None:
    client = S3Client("http://127.0.0.1:9/", "KEY", "SECRET")
    target, fields = client.signed("GET", "bucket", "a b/é", {"list-type": "2", "a": ""}, {"X-Amz-Meta-A": "1"}, b"")
    assert target == "/bucket/a%20b/%C3%A9?a=&list-type=2"
    assert fields["host"] == "127.0.0.1:9"
    assert "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a," in fields["authorization"]
    assert client.signed("GET", "", "", {}, {}, b"")[0] == "/"


async def test_one_request_one_answer() -> None:
    seen = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 503 Slow\r\nX-A: b\r\nContent-Length: 4\r\n\r\nbusy")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, S3Client(f"http://127.0.0.1:{port}", "KEY", "SECRET") as client:
        reply = await client.request("DELETE", "bucket", "k")
    assert (reply.status, reply.headers["x-a"], reply.body) == (503, "b", b"busy")
    assert seen[0].startswith(b"DELETE /bucket/k HTTP/1.1\r\n")
