"""Free and taken ports on loopback."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Literal

Protocol = Literal["tcp", "udp"]
LOOPBACK = "127.0.0.1"
ANY_PORT = f"{LOOPBACK}:0"
CONNECT_TIMEOUT_SEC = 1.0


def free_ports(count: int, protocol: Protocol = "tcp") -> list[int]:
    """Distinct ports nobody listens on now. Prefer port 0 and the `listening` line: this races."""
    sockets = [_bound(protocol) for _ in range(count)]
    ports = [int(bound.getsockname()[1]) for bound in sockets]
    for bound in sockets:
        bound.close()
    return ports


def free_port(protocol: Protocol = "tcp") -> int:
    return free_ports(1, protocol)[0]


@contextlib.contextmanager
def taken_port(protocol: Protocol = "tcp") -> Iterator[int]:
    """A port this process listens on within the block."""
    with _bound(protocol) as bound:
        if protocol == "tcp":
            bound.listen(1)
        yield int(bound.getsockname()[1])


def is_listening(address: str) -> bool:
    """Whether a TCP connection to `host:port` is accepted."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT_SEC):
            return True
    except OSError:
        return False


def _bound(protocol: Protocol) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    bound.bind((LOOPBACK, 0))
    return bound
