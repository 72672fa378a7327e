"""Whoever holds a port is named, as far as /proc shows it."""

import os
import socket
from pathlib import Path

from photoncloud.runtime import port_holder
from photoncloud.testkit.ports import free_port, taken_port


def test_our_own_tcp_listener() -> None:
    with taken_port() as port:
        holder = port_holder.find("tcp", port)
    assert holder is not None
    assert holder.pid == os.getpid()
    assert "pytest" in holder.command or "python" in holder.command
    assert str(holder) == f"pid {holder.pid} ({holder.command})"


def test_ipv6_and_udp() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as tcp:
        tcp.bind(("::1", 0))
        tcp.listen()
        found = port_holder.find("tcp", tcp.getsockname()[1])
        assert found is not None
    with taken_port("udp") as port:
        found = port_holder.find("udp", port)
        assert found is not None
        assert found.pid == os.getpid()


def test_nobody() -> None:
    assert port_holder.find("tcp", free_port()) is None


def test_a_holder_that_proc_hides(tmp_path: Path) -> None:
    """Another user's process: its fd folder cannot be read."""
    (tmp_path / "net").mkdir()
    line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1"
    (tmp_path / "net" / "tcp").write_text(f"header\n{line}\n")
    (tmp_path / "77").mkdir()
    assert port_holder.find("tcp", 8080, tmp_path) is None


def test_a_made_up_proc(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1"
    (tmp_path / "net" / "tcp").write_text(f"header\n{line}\n")
    (tmp_path / "77" / "fd").mkdir(parents=True)
    (tmp_path / "77" / "fd" / "3").symlink_to("socket:[4242]")
    (tmp_path / "77" / "cmdline").write_bytes(b"nginx\0-g\0daemon off;\0")
    assert port_holder.find("tcp", 8080, tmp_path) == port_holder.Holder(77, "nginx -g daemon off;")
