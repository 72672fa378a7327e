"""PostgreSQL: the answer to SSLRequest and to a start-up message (protocol 3.0)."""

from __future__ import annotations

import struct

from photoncloud.ctl.adapters.connection import receive
from photoncloud.ctl.adapters.hello import Hello, Target

_SSL_REQUEST = struct.pack("!2i", 8, 80877103)
_PROTOCOL = 196608
MESSAGE_BYTES_MAX = 64 * 1024


def hello(target: Target) -> Hello:
    try:
        with target.route.connect() as connection:
            connection.sendall(_SSL_REQUEST)
            tls = receive(connection, 1)
        if tls not in (b"S", b"N"):
            return Hello("the answer to SSLRequest is neither S nor N")
        with target.route.connect() as connection:
            connection.sendall(_startup("photonctl", target.path or "postgres"))
            kind, length = struct.unpack("!ci", receive(connection, 5))
            if length < 4 or length > MESSAGE_BYTES_MAX:
                return Hello("the answer to the start-up message is not PostgreSQL's")
            body = receive(connection, length - 4)
    except OSError as error:
        return Hello(f"no answer: {error}")
    return _judged(kind, body, "TLS offered" if tls == b"S" else "no TLS")


def _startup(user: str, database: str) -> bytes:
    pairs = f"user\0{user}\0database\0{database}\0\0".encode()
    return struct.pack("!2i", len(pairs) + 8, _PROTOCOL) + pairs


def _judged(kind: bytes, body: bytes, tls: str) -> Hello:
    if kind == b"R":
        return Hello(detail=f"start-up answered, {tls}")
    if kind != b"E":
        return Hello("the answer to the start-up message is not PostgreSQL's")
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    code, message = fields.get(b"C", ""), fields.get(b"M", "")
    if code.startswith(("28", "3D")):
        # Refusing this user or database is an answer of a working server.
        return Hello(detail=f"start-up answered ({message}), {tls}")
    return Hello(f"{code} {message}")
