"""Binding says the real address, or why not and who is in the way; nothing is left behind."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from photoncloud.config import parse_address
from photoncloud.runtime import listener
from photoncloud.runtime.errors import FatalError
from photoncloud.testkit.ports import is_listening, taken_port


def test_port_zero_becomes_a_real_one() -> None:
    bound = listener.bind("127.0.0.1:0")
    address = listener.bound_address(bound)
    assert address.startswith("127.0.0.1:")
    assert is_listening(address)
    listener.release(bound)
    assert not is_listening(address)


async def test_answers_do_not_wait_for_an_acknowledgement() -> None:
    """asyncio sets TCP_NODELAY only on sockets whose protocol is named; 40 ms an answer otherwise."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        option = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        accepted.set_result(option)
        writer.close()

    bound = listener.bind("127.0.0.1:0")
    server = await asyncio.start_server(handle, sock=bound)
    _, writer = await asyncio.open_connection(*bound.getsockname())
    assert await accepted == 1
    writer.close()
    server.close()


def test_ipv6_gets_brackets() -> None:
    bound = listener.bind("[::1]:0")
    assert listener.bound_address(bound).startswith("[::1]:")
    listener.release(bound)


def test_an_empty_host_serves_both_families() -> None:
    bound = listener.bind(":0")
    port = bound.getsockname()[1]
    assert is_listening(f"127.0.0.1:{port}")
    assert is_listening(f"[::1]:{port}")
    listener.release(bound)


def test_udp() -> None:
    bound = listener.bind("127.0.0.1:0", "udp")
    assert bound.type == socket.SOCK_DGRAM
    listener.release(bound)


def test_a_taken_port_names_address_and_holder() -> None:
    with taken_port() as port, pytest.raises(FatalError) as caught:
        listener.bind(f"127.0.0.1:{port}")
    assert caught.value.code == "address-in-use"
    assert caught.value.exit_status == 71
    assert caught.value.object == f"127.0.0.1:{port}"
    assert f"pid {os.getpid()} (" in caught.value.cause


def test_a_taken_udp_port() -> None:
    with taken_port("udp") as port, pytest.raises(FatalError) as caught:
        listener.bind(f"127.0.0.1:{port}", "udp")
    assert f"pid {os.getpid()} (" in caught.value.cause


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(FatalError) as caught:
        listener.bind("192.0.2.1:0")
    assert caught.value.code == "bind-failed"
    assert caught.value.exit_status == 71


def test_reuse_port_shares() -> None:
    first = listener.bind("127.0.0.1:0", reuse_port=True)
    second = listener.bind(listener.bound_address(first), reuse_port=True)
    listener.release(first)
    listener.release(second)


def test_unix_sockets(tmp_path: Path) -> None:
    path = tmp_path / "s"
    bound = listener.bind(f"unix:{path}")
    assert listener.bound_address(bound) == f"unix:{path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with pytest.raises(FatalError) as caught:
        listener.bind(f"unix:{path}")
    assert caught.value.code == "address-in-use"
    listener.release(bound)
    assert not path.exists()
    listener.release(bound)


def test_a_stale_unix_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    listener.release(listener.bind(f"unix:{path}"))
    assert not path.exists()


def test_a_file_in_the_way_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("mine")
    with pytest.raises(FatalError):
        listener.bind(f"unix:{tmp_path / 's'}")
    assert (tmp_path / "s").read_text() == "mine"


@pytest.mark.parametrize("text", ["127.0.0.1:80", "[::1]:80", ":80", "unix:/run/x", "localhost:1"])
def test_format_is_the_way_back_of_parse(text: str) -> None:
    assert listener.format_address(parse_address(text)) == text


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("x", False), ("", False)],
)
def test_loopback(host: str, expected: bool) -> None:
    assert listener.is_loopback(host) is expected
