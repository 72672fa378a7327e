"""Replies as bytes on a socket: framing, streams, files, failures half way."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.lightningstor.core.http_message import FileSlice, Reply, Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.http1_reply import INLINE_BYTES, HeadCache, Primed, prime

GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")


class Source:
    """An iterator body that says whether it was closed."""

    def __init__(self, *pieces: Any) -> None:
        self._pieces = list(pieces)
        self.closed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        return self.closed.is_set()

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> Any:
        await asyncio.sleep(0)
        if not self._pieces:
            raise StopAsyncIteration
        piece = self._pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece

    async def aclose(self) -> None:
        self.closed.set()


def replying(*replies: Reply) -> Any:
    pending = list(replies)

    async def answer(request: Request) -> Reply:
        return pending.pop(0) if len(pending) > 1 else pending[0]

    return answer


def parts(answer: bytes) -> tuple[list[str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


async def test_head_and_small_body(start_site: Any) -> None:
    reply = Reply(200, [(b"etag", b'"x"'), (b"x-amz-meta-a", b"b\r\nInjected: c"), (b"content-type", b"t")], b"hello")
    async with start_site(replying(reply)) as site:
        lines, body = parts(await site.exchange(GET))
    assert lines[0] == "HTTP/1.1 200 OK"
    assert lines[1] == "Server: sample"
    assert lines[2].startswith("Date: ")
    assert lines[3:] == [
        "x-id: R1",
        'ETag: "x"',
        "x-amz-meta-a: b  Injected: c",
        "Content-Type: t",
        "Content-Length: 5",
        "Connection: close",
    ]
    assert body == b"hello"


@pytest.mark.parametrize("status", [204, 304])
async def test_statuses_without_body_have_no_length(start_site: Any, status: int) -> None:
    async with start_site(replying(Reply(status))) as site:
        lines, body = parts(await site.exchange(GET))
    assert not any(line.startswith("Content-Length") for line in lines)
    assert body == b""


async def test_head_keeps_the_length_and_closes_the_body(start_site: Any) -> None:
    source = Source(b"hello")
    async with start_site(replying(Reply(200, [], source, 5))) as site:
        lines, body = parts(await site.exchange(HEAD))
    assert "Content-Length: 5" in lines
    assert body == b""
    assert source.is_closed


async def test_a_stream_with_length(start_site: Any) -> None:
    source = Source(b"hel", b"", memoryview(b"lo"), b"x" * (INLINE_BYTES + 1))
    async with start_site(replying(Reply(200, [], source, 5 + INLINE_BYTES + 1))) as site:
        lines, body = parts(await site.exchange(GET))
    assert body == b"hello" + b"x" * (INLINE_BYTES + 1)
    assert "Transfer-Encoding: chunked" not in lines
    assert source.is_closed


async def test_a_stream_without_length_is_chunked(start_site: Any) -> None:
    async with start_site(replying(Reply(200, [], Source(b" ", b" ", b"<done/>")))) as site:
        lines, body = parts(await site.exchange(GET))
    assert "Transfer-Encoding: chunked" in lines
    assert body == b"1\r\n \r\n1\r\n \r\n7\r\n<done/>\r\n0\r\n\r\n"


async def test_a_stream_without_length_ends_with_the_connection_for_http_1_0(start_site: Any) -> None:
    async with start_site(replying(Reply(200, [], Source(b"a", b"b")))) as site:
        lines, body = parts(await site.exchange(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
    assert "Connection: close" in lines
    assert body == b"ab"


@pytest.mark.parametrize("pieces", [(), (b"",)])
async def test_an_empty_stream(start_site: Any, pieces: tuple[bytes, ...]) -> None:
    async with start_site(replying(Reply(200, [], Source(*pieces)))) as site:
        assert parts(await site.exchange(GET))[1] == b"0\r\n\r\n"
    async with start_site(replying(Reply(200, [], Source(*pieces), 0))) as site:
        assert parts(await site.exchange(GET))[1] == b""


@pytest.mark.parametrize("size", [0, 10, INLINE_BYTES, INLINE_BYTES + 1, 5_000_000])
async def test_files(start_site: Any, tmp_path: Path, size: int) -> None:
    """Small runs are read, larger ones sent by the kernel; between other pieces and from the middle of the file."""
    content = os.urandom(size + 20)
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as file:

        async def stream() -> AsyncIterator[Any]:
            yield b"before"
            yield FileSlice(file.fileno(), 10, size)
            yield b"after"

        async with start_site(replying(Reply(200, [], stream(), size + 11))) as site:
            body = parts(await site.exchange(GET))[1]
    assert body == b"before" + content[10 : 10 + size] + b"after"


async def test_many_files_on_one_connection(start_site: Any, tmp_path: Path) -> None:
    content = os.urandom(1_000_000)
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as file:

        async def answer(request: Request) -> Reply:
            async def stream() -> AsyncIterator[Any]:
                yield FileSlice(file.fileno(), 0, len(content))

            return Reply(200, [], stream(), len(content))

        async with start_site(answer) as site:
            reader, writer = await site.connect()
            for _ in range(3):
                writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                await reader.readuntil(b"\r\n\r\n")
                assert await reader.readexactly(len(content)) == content
            writer.close()


async def test_a_body_that_fails_at_once_is_an_error_reply(start_site: Any) -> None:
    for error, status in ((S3Error("NoSuchKey"), b"404"), (RuntimeError("broken"), b"500")):
        source = Source(error)
        async with start_site(replying(Reply(200, [], source, 5))) as site:
            assert (await site.exchange(GET)).startswith(b"HTTP/1.1 " + status)
        assert source.is_closed


@pytest.mark.parametrize("length", [10, None])
async def test_a_body_that_fails_later_is_cut_short(start_site: Any, length: int | None) -> None:
    source = Source(b"12345", RuntimeError("broken"))
    async with start_site(replying(Reply(200, [], source, length))) as site:
        try:
            body = parts(await site.exchange(GET))[1]
        except ConnectionResetError:
            body = b""
        assert [type(error) for _, error in site.application.failures] == [RuntimeError]
    assert not body.endswith(b"0\r\n\r\n")
    assert len(body) < 10
    assert source.is_closed


@pytest.mark.parametrize("pieces", [(b"123",), (b"123456",)])
async def test_a_body_of_another_length_than_announced_is_cut(start_site: Any, pieces: tuple[bytes, ...]) -> None:
    source = Source(*pieces)
    async with start_site(replying(Reply(200, [], source, 5))) as site:
        reader, writer = await site.connect()
        writer.write(GET.replace(b"close", b"keep-alive"))
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            answer = await reader.read()
        assert len(answer.partition(b"\r\n\r\n")[2]) < 5
        writer.close()
        assert [type(error) for _, error in site.application.failures] == [ValueError]
    assert source.is_closed


async def test_a_client_that_vanishes_closes_the_body(start_site: Any) -> None:
    source = Source(*[b"x" * 1_000_000] * 100)
    async with start_site(replying(Reply(200, [], source, 100_000_000))) as site:
        reader, writer = await site.connect()
        writer.write(GET)
        await reader.readexactly(1000)
        writer.transport.abort()
        async with asyncio.timeout(10):
            await source.closed.wait()
        assert site.application.failures == []


async def test_memory_does_not_grow_with_a_client_that_reads_slowly(start_site: Any) -> None:
    produced = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal produced
        for _ in range(400):
            produced += 1
            yield b"x" * 262_144

    async with start_site(replying(Reply(200, [], stream(), 400 * 262_144))) as site:
        reader, writer = await site.connect()
        reader._limit = 1024  # type: ignore[attr-defined]
        writer.write(GET)
        await asyncio.sleep(0.5)
        assert produced < 60  # what fits into the kernel's buffers and the transport's
        writer.transport.abort()


def test_heads_are_rendered_once_a_second() -> None:
    heads = HeadCache("sample")
    first = heads.lines(200, 1_700_000_000_000_000_000)
    assert heads.lines(200, 1_700_000_000_999_999_999) is first
    assert heads.lines(200, 1_700_000_001_000_000_000) is not first
    assert heads.lines(599, 0).startswith(b"HTTP/1.1 599 Unknown\r\n")


async def test_priming_twice_changes_nothing() -> None:
    reply = Reply(200, [], Source(b"a", b"b"), 2)
    await prime(reply)
    body = reply.body
    await prime(reply)
    assert reply.body is body
    assert isinstance(body, Primed)
    assert [await body.next(), await body.next(), await body.next()] == [b"a", b"b", None]
