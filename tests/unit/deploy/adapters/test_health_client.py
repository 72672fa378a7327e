"""Health answers of every kind, and of strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from photoncloud.deploy.adapters import health_client

GOOD = b'{"status": "healthy", "checks": {"a": "ok"}}'


@asynccontextmanager
async def answering(answer: bytes, *, hang: bool = False) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if hang:
            await asyncio.sleep(3)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"
    finally:
        server.close()


def http(status: int, body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 %d X" % status, *headers, b"", body])


@pytest.mark.parametrize(
    ("answer", "is_good", "reason"),
    [
        (http(200, GOOD), True, ""),
        (http(200, b'{"status": "degraded", "checks": {"a": "ok", "b": "slow disk"}}'), True, "b: slow disk"),
        (http(503, b'{"status": "unhealthy", "checks": {"b": "no disk"}}'), False, "b: no disk"),
        (http(503, GOOD), False, "/health answered 503"),
        (http(200, b"%x\r\n" % len(GOOD) + GOOD + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"), True, ""),
        (http(200, b"hello"), False, "/health answered 200"),
        (http(200, b"[]"), False, "/health answered 200"),
        (b"SSH-2.0-x\r\n", False, "not an HTTP answer"),
        (b"", False, "not an HTTP answer"),
        (http(200, b"x" * 100_000), False, "longer than"),
    ],
)
async def test_judgement(answer: bytes, is_good: bool, reason: str) -> None:
    async with answering(answer) as address:
        found = await health_client.ask(address)
    assert found.is_good is is_good
    assert reason in found.reason


async def test_silence_and_absence() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\n", hang=True) as address:
        assert "no answer within" in (await health_client.ask(address, 0.1)).reason
        assert await health_client.accepts(address)
    assert not (await health_client.ask(address)).is_good
    assert not await health_client.accepts(address)
