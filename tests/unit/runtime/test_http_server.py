"""An ASGI application as a Server: bound address, drain of what is in flight, nothing left."""

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from photoncloud.runtime.errors import FatalError
from photoncloud.runtime.http_server import HttpServer
from photoncloud.runtime.server import Server
from photoncloud.runtime.tls import ClientContext, ServerContext, TlsFiles
from photoncloud.testkit.ports import is_listening, taken_port
from photoncloud.testkit.tls import Authority


class Slow:
    """Answers `/slow` when it is released, everything else at once."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.release = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            self.entered.set()
            await self.release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


async def get(url: str, **options: Any) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.get(url, **options) as response:
        return response.status, await response.read()


async def test_start_serve_close() -> None:
    server = HttpServer(Slow(), "127.0.0.1:0", name="admin")
    assert isinstance(server, Server)
    await server.start()
    address = server.addresses["admin"]
    assert await get(f"http://{address}/") == (200, b"done")
    await server.close()
    await server.close()
    assert not is_listening(address)


async def test_requests_in_flight_are_answered_while_new_ones_are_refused() -> None:
    app = Slow()
    server = HttpServer(app, "127.0.0.1:0", name="admin")
    await server.start()
    address = server.addresses["admin"]
    requests = [asyncio.create_task(get(f"http://{address}/slow")) for _ in range(20)]
    await app.entered.wait()
    await asyncio.sleep(0.2)
    await server.stop_accepting()
    assert not is_listening(address)
    drained = asyncio.create_task(server.drain(10))
    await asyncio.sleep(0.05)
    assert not drained.done()
    app.release.set()
    assert await asyncio.gather(*requests) == [(200, b"done")] * 20
    await drained
    await server.close()


async def test_idle_keep_alive_connections_do_not_hold_the_drain() -> None:
    server = HttpServer(Slow(), "127.0.0.1:0", name="admin")
    await server.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://{server.addresses['admin']}/") as response:
            await response.read()
        await server.stop_accepting()
        async with asyncio.timeout(5):
            await server.drain(60)
    await server.close()


async def test_a_drain_ends_in_time_and_close_cuts() -> None:
    app = Slow()
    server = HttpServer(app, "127.0.0.1:0", name="admin")
    await server.start()
    request = asyncio.create_task(get(f"http://{server.addresses['admin']}/slow"))
    await app.entered.wait()
    await server.stop_accepting()
    started = time.monotonic()
    await server.drain(0.1)
    assert time.monotonic() - started >= 0.1
    await server.close()
    with pytest.raises(aiohttp.ClientError):
        await request


async def test_a_taken_port() -> None:
    with taken_port() as port:
        server = HttpServer(Slow(), f"127.0.0.1:{port}", name="admin")
        with pytest.raises(FatalError) as caught:
            await server.start()
        assert caught.value.code == "address-in-use"
        await server.close()


async def test_unix_socket_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    server = HttpServer(Slow(), f"unix:{path}", name="admin")
    await server.start()
    assert server.addresses == {"admin": f"unix:{path}"}
    connector = aiohttp.UnixConnector(str(path))
    async with aiohttp.ClientSession(connector=connector) as session, session.get("http://x/") as response:
        assert response.status == 200
    await server.close()
    assert not path.exists()


async def test_https(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    issued = authority.issue()
    tls = ServerContext(TlsFiles(str(issued.cert_file), str(issued.key_file)))
    server = HttpServer(Slow(), "127.0.0.1:0", name="admin", tls=tls.ssl_context)
    await server.start()
    client = ClientContext(TlsFiles(ca_file=str(authority.ca_file))).current
    assert await get(f"https://{server.addresses['admin']}/", ssl=client) == (200, b"done")
    await server.close()
