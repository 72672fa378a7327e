"""A plain or TLS byte stream to one address with a deadline on everything, and HTTP/1.1 requests over it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

# What a hello or a health answer may weigh; a stranger may send anything.
BODY_BYTES_MAX = 256 * 1024
REQUEST_TIMEOUT_SEC = 3.0


@dataclass(frozen=True, slots=True)
class Route:
    """One address that accepted a connection, and how to speak to it. `server_name` is checked in certificates."""

    address: tuple[str, int]
    family: socket.AddressFamily
    server_name: str
    tls: ssl.SSLContext | None = None

    def connect(self, timeout_sec: float = REQUEST_TIMEOUT_SEC) -> socket.socket:
        """A connected socket, TLS shaken hands when the route has a context. Raises OSError (ssl.SSLError too)."""
        plain = socket.socket(self.family, socket.SOCK_STREAM)
        try:
            plain.settimeout(timeout_sec)
            plain.connect(self.address)
            return self.tls.wrap_socket(plain, server_hostname=self.server_name) if self.tls else plain
        except BaseException:
            plain.close()
            raise


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def http(
    route: Route,
    host: str,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout_sec: float = REQUEST_TIMEOUT_SEC,
) -> HttpAnswer:
    """One request on a connection of its own; redirects are answers, never followed. Raises OSError, ValueError."""
    deadline = time.monotonic() + timeout_sec
    with route.connect(timeout_sec) as connection:
        lines = {"Host": host, "Connection": "close", "Accept": "*/*", "User-Agent": "photonctl", **(headers or {})}
        if body or method != "GET":
            lines["Content-Length"] = str(len(body))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in lines.items())
        connection.sendall(head.encode() + b"\r\n" + body)
        response = HTTPResponse(connection, method=method)
        with contextlib.closing(response):
            try:
                response.begin()
                data = _body(response, connection, deadline)
            except HTTPException as error:
                raise ValueError(f"not an HTTP answer ({type(error).__name__})") from error
            return HttpAnswer(response.status, {k.lower(): v for k, v in response.getheaders()}, data)


def _body(response: HTTPResponse, connection: socket.socket, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < BODY_BYTES_MAX:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer does not end")
        connection.settimeout(left)
        chunk = response.read1(BODY_BYTES_MAX - len(parts))
        if not chunk:
            break
        parts += chunk
    return bytes(parts)


def receive(connection: socket.socket, count: int) -> bytes:
    """Exactly `count` bytes. Raises ConnectionError when the stream ends before."""
    parts = bytearray()
    while len(parts) < count:
        chunk = connection.recv(count - len(parts))
        if not chunk:
            raise ConnectionResetError(104, "the connection was closed in the middle of an answer")
        parts += chunk
    return bytes(parts)
