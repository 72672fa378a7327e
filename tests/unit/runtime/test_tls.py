"""Certificates are rotated by replacing files; a broken pair keeps the old one; standing connections go on."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from photoncloud.runtime.errors import FatalError
from photoncloud.runtime.tls import ClientContext, ServerContext, TlsFiles
from photoncloud.testkit.clock import SimClock, settle
from photoncloud.testkit.tls import Authority, Issued


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def files_of(issued: Issued, *, ca: bool = False, min_version: str = "1.2") -> TlsFiles:
    return TlsFiles(str(issued.cert_file), str(issued.key_file), str(issued.ca_file) if ca else "", min_version)


@contextlib.asynccontextmanager
async def echo(context: ServerContext) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context.ssl_context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def connect(
    port: int, context: ssl.SSLContext, name: str | None = "localhost"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
    """(reader, writer, serial number of the server's certificate); one line goes there and back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
    certificate = connection.getpeercert()
    assert certificate is not None
    return reader, writer, int(str(certificate["serialNumber"]), 16)


async def test_rotation_without_a_restart(authority: Authority) -> None:
    server = ServerContext(files_of(authority.issue()))
    client = ClientContext(TlsFiles(ca_file=str(authority.ca_file)))
    async with echo(server) as port:
        reader, writer, first = await connect(port, client.current)
        authority.issue()
        server.refresh()
        _, other, second = await connect(port, client.current)
        assert first != second
        writer.write(b"still\n")
        assert await reader.readline() == b"still\n"
        writer.close()
        other.close()


async def test_a_client_without_a_server_name_gets_the_new_one_too(authority: Authority) -> None:
    server = ServerContext(files_of(authority.issue()))
    client = ClientContext(TlsFiles(ca_file=str(authority.ca_file))).current
    async with echo(server) as port:
        _, writer, first = await connect(port, client, "127.0.0.1")
        writer.close()
        authority.issue()
        server.refresh()
        _, writer, second = await connect(port, client, "127.0.0.1")
        writer.close()
    assert first != second


async def test_a_broken_pair_keeps_the_old_one(authority: Authority) -> None:
    issued = authority.issue()
    server = ServerContext(files_of(issued))
    client = ClientContext(TlsFiles(ca_file=str(authority.ca_file))).current
    old_certificate, old_key = issued.cert_file.read_bytes(), issued.key_file.read_bytes()
    async with echo(server) as port:
        _, writer, first = await connect(port, client)
        writer.close()
        authority.issue()
        issued.key_file.write_bytes(old_key)
        server.refresh()
        assert "tls-files" in server.problem
        issued.cert_file.unlink()
        server.refresh()
        assert "No such file" in server.problem
        _, writer, second = await connect(port, client)
        writer.close()
        issued.cert_file.write_bytes(old_certificate)
        server.refresh()
        assert server.problem == ""
    assert first == second


async def test_client_certificates_and_a_rotated_authority(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue()
    server = ServerContext(files_of(issued, ca=True))
    known = authority.issue("client", client=True)
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", "other-ca")
    stranger = other.issue("stranger", client=True)
    trusts = TlsFiles(ca_file=str(authority.ca_file))
    with_known = ClientContext(replace(trusts, cert_file=str(known.cert_file), key_file=str(known.key_file))).current
    with_stranger = ClientContext(
        replace(trusts, cert_file=str(stranger.cert_file), key_file=str(stranger.key_file))
    ).current
    async with echo(server) as port:
        _, writer, _ = await connect(port, with_known)
        writer.close()
        for context in (with_stranger, ClientContext(trusts).current):
            with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
                await connect(port, context)
        server.prepare(TlsFiles(str(issued.cert_file), str(issued.key_file), str(other.ca_file)))()
        _, writer, _ = await connect(port, with_stranger)
        writer.close()
        with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
            await connect(port, with_known)


async def test_the_lowest_version_is_kept(authority: Authority) -> None:
    server = ServerContext(files_of(authority.issue(), min_version="1.3"))
    old = ssl.create_default_context(cafile=str(authority.ca_file))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with echo(server) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await connect(port, old)


async def test_follow_refreshes_and_reports(authority: Authority) -> None:
    issued = authority.issue()
    server = ServerContext(files_of(issued))
    clock = SimClock()
    reports: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(server.follow(lambda: 60, clock, reports.put_nowait))
    await settle()
    issued.key_file.write_text("broken")
    await clock.advance(60)
    assert "tls-files" in await reports.get()
    task.cancel()


def test_files_that_give_no_context_refuse_the_start(tmp_path: Path) -> None:
    with pytest.raises(FatalError) as caught:
        ServerContext(TlsFiles(str(tmp_path / "no"), str(tmp_path / "no")))
    assert caught.value.code == "tls-files"
    assert caught.value.exit_status == 78
