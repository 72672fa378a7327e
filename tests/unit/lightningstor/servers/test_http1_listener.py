"""Connections in numbers: limits, deadlines, drain, and buffers that all come back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.errors import S3Error

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def hello(request: Request) -> Reply:
    return Reply(200, [], b"hello")


async def swallow(request: Request) -> Reply:
    size = 0
    while piece := await request.body.read():
        size += len(piece)
    return Reply(200, [], str(size).encode())


async def test_facts_of_the_connection_are_in_the_request(start_site: Any) -> None:
    seen: list[Request] = []

    async def answer(request: Request) -> Reply:
        seen.append(request)
        return Reply()

    async with start_site(answer) as site:
        await site.exchange(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        port = int(site.server.addresses["http"].rpartition(":")[2])
    [request] = seen
    assert (request.peer, request.secure, request.tls_version) == ("127.0.0.1", False, "")
    assert (request.request_id, request.local_port, request.has_transfer_encoding) == ("R1", port, False)
    assert request.received_ns > 0


async def test_a_refusal_and_a_defect_of_the_application(start_site: Any) -> None:
    async def refuse(request: Request) -> Reply:
        raise S3Error("SlowDown")

    async def fail(request: Request) -> Reply:
        raise RuntimeError("broken")

    async with start_site(refuse) as site:
        reader, writer = await site.connect()
        writer.write(GET * 2)
        for _ in range(2):
            assert (await reader.readuntil(b"</Error>")).startswith(b"HTTP/1.1 503")
        writer.close()
    async with start_site(fail) as site:
        assert (await site.exchange(GET)).startswith(b"HTTP/1.1 500")
        assert [str(error) for _, error in site.application.failures] == ["broken"]


async def test_connections_beyond_the_limit(start_site: Any) -> None:
    async with start_site(hello, max_connections=2) as site:
        kept = [await site.connect() for _ in range(2)]
        for reader, writer in kept:
            writer.write(GET)
            await reader.readuntil(b"hello")
        reader, writer = await site.connect()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(1)
        assert site.server.connection_count == 2
        for _, each in [*kept, (reader, writer)]:
            each.close()


async def test_drain_closes_idle_connections_and_lets_requests_finish(start_site: Any) -> None:
    release = asyncio.Event()

    async def wait(request: Request) -> Reply:
        await release.wait()
        return Reply(200, [], b"finished")

    async with start_site(wait) as site:
        idle_reader, idle_writer = await site.connect()
        busy_reader, busy_writer = await site.connect()
        busy_writer.write(GET)
        await asyncio.sleep(0.05)
        await site.server.stop_accepting()
        drain = asyncio.create_task(site.server.drain(10))
        assert await idle_reader.read() == b""
        release.set()
        answer = await busy_reader.read()
        await drain
        assert b"Connection: close" in answer
        assert answer.endswith(b"finished")
        with pytest.raises(OSError):
            await site.connect()
        for writer in (idle_writer, busy_writer):
            writer.close()


async def test_drain_gives_up_and_close_cuts(start_site: Any) -> None:
    cancelled = asyncio.Event()

    async def hang(request: Request) -> Reply:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        return Reply()

    async with start_site(hang) as site:
        _, writer = await site.connect()
        writer.write(GET)
        await asyncio.sleep(0.05)
        await site.server.drain(0.1)
        await site.server.close()
        async with asyncio.timeout(5):
            await cancelled.wait()
        writer.close()


@pytest.mark.parametrize("size", [100, 100_000, 3_000_000])
async def test_buffers_come_back_however_a_body_ends(start_site: Any, size: int) -> None:
    head = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size
    async with start_site(swallow, body_idle_timeout_sec=0.3) as site:
        reader, writer = await site.connect()
        writer.write(head + b"x" * size)
        assert b"200 OK" in await reader.readuntil(str(size).encode() + b"")
        writer.write(head + b"x" * (size // 2))
        await asyncio.sleep(0.05)
        writer.transport.abort()
        late_reader, late_writer = await site.connect()
        late_writer.write(head + b"x" * (size // 2))
        assert b"RequestTimeout" in await late_reader.read()
        late_writer.close()
        await site.server.drain(5)
        assert (site.server.connection_count, site.pool.lent) == (0, 0)


async def test_an_unwanted_body_gives_its_buffers_back(start_site: Any) -> None:
    async with start_site(hello) as site:
        reader, writer = await site.connect()
        writer.write(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000)
        assert (await reader.read()).endswith(b"hello")
        writer.close()
        assert site.pool.lent == 0


async def test_start_leaves_nothing_bound_when_an_address_is_taken(start_site: Any) -> None:
    from photoncloud.runtime.errors import FatalError

    async with start_site(hello) as site:
        taken = site.server.addresses["http"]
        site.server.wanted = {"free": ("127.0.0.1:0", None), "taken": (taken, None)}
        with pytest.raises(FatalError):
            await site.server.start()
        host, _, port = site.server.addresses["free"].rpartition(":")
        with pytest.raises(OSError):
            await asyncio.open_connection(host, int(port))
