"""DNS: the SOA of a zone over UDP and TCP, and whether the answer is authoritative (RFC 1035)."""

from __future__ import annotations

import secrets
import socket
import struct

from photoncloud.ctl.adapters.connection import receive
from photoncloud.ctl.adapters.hello import Hello, Target

TIMEOUT_SEC = 2.0
MESSAGE_BYTES_MAX = 4096
_SOA, _IN = 6, 1
_RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def hello(target: Target) -> Hello:
    """The endpoint's path is the zone (`dns://host/example.com`); the root when there is none."""
    zone = target.path or "."
    identifier = secrets.randbelow(1 << 16)
    query = question(zone, identifier)
    found = []
    for name, ask in (("udp", _udp), ("tcp", _tcp)):
        try:
            flags = answer_flags(ask(target, query), identifier)
        except (OSError, ValueError) as error:
            return Hello(f"{name}: {error}")
        code = _RCODES.get(flags & 15, str(flags & 15))
        if target.path and (code != "NOERROR" or not flags & 0x0400):
            return Hello(f"{name}: SOA {zone} {code}{'' if flags & 0x0400 else ', not authoritative'}")
        found.append(f"{name} {code}{' aa' if flags & 0x0400 else ''}")
    return Hello(detail=f"SOA {zone}: {', '.join(found)}")


def question(zone: str, identifier: int) -> bytes:
    """A query without recursion. Raises ValueError for a name that cannot be one."""
    labels = [label.encode("idna") for label in zone.strip(".").split(".") if label]
    if any(len(label) > 63 for label in labels):
        raise ValueError(f"{zone!r} is no zone name")
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", identifier, 0, 1, 0, 0, 0) + name + struct.pack("!2H", _SOA, _IN)


def answer_flags(message: bytes, identifier: int) -> int:
    """The flags of the answer to our query. Raises ValueError for anything else."""
    if len(message) < 12:
        raise ValueError("not a DNS message")
    theirs, flags = struct.unpack("!2H", message[:4])
    if theirs != identifier or not flags & 0x8000:
        raise ValueError("not the answer to our query")
    return int(flags)


def _udp(target: Target, query: bytes) -> bytes:
    with socket.socket(target.route.family, socket.SOCK_DGRAM) as connection:
        connection.settimeout(TIMEOUT_SEC)
        connection.connect(target.route.address)
        connection.send(query)
        return connection.recv(MESSAGE_BYTES_MAX)


def _tcp(target: Target, query: bytes) -> bytes:
    with target.route.connect(TIMEOUT_SEC) as connection:
        connection.sendall(struct.pack("!H", len(query)) + query)
        (length,) = struct.unpack("!H", receive(connection, 2))
        return receive(connection, length)
