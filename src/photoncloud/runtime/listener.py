"""Bind an address. `host:port`, `[v6]:port`, `:port` (every address), `unix:/path`; port 0 is any free one."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from ipaddress import ip_address
from pathlib import Path

from photoncloud.config import SocketAddress, parse_address
from photoncloud.runtime import exit_status, port_holder
from photoncloud.runtime.errors import FatalError

BACKLOG = 2048
"""Connections waiting for accept; the kernel lowers it to net.core.somaxconn."""

UNIX_SOCKET_MODE = 0o660


def format_address(address: SocketAddress) -> str:
    """The text `parse_address` takes: an IPv6 host gets its brackets."""
    if address.path:
        return f"unix:{address.path}"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def is_loopback(host: str) -> bool:
    """Whether a peer's IP address is a loopback one; IPv4 inside IPv6 (a dual-stack socket) counts."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def bind(text: str, kind: port_holder.Protocol = "tcp", *, reuse_port: bool = False) -> socket.socket:
    """A bound, non-blocking socket; TCP and unix sockets listen already.

    A host name is resolved and its first address taken; `:port` takes IPv6 and IPv4 at once where the machine has
    both. Raises FatalError `address-in-use` (71) naming the holder, or `bind-failed` (71) with the system's reason.
    """
    address = parse_address(text)
    try:
        return _bind_unix(address) if address.path else _bind_inet(address, kind, reuse_port)
    except OSError as error:
        raise _refusal(address, kind, error) from error


def _bind_inet(address: SocketAddress, kind: port_holder.Protocol, reuse_port: bool) -> socket.socket:
    socket_type = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    family, endpoint = _endpoint(address, socket_type)
    # The protocol is named because asyncio sets TCP_NODELAY only then; without it each answer waits 40 ms for an ACK.
    bound = socket.socket(family, socket_type, socket.IPPROTO_TCP if kind == "tcp" else socket.IPPROTO_UDP)
    try:
        if kind == "tcp":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(bool(address.host)))
        bound.bind(endpoint)
        if kind == "tcp":
            bound.listen(BACKLOG)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


def _endpoint(address: SocketAddress, socket_type: socket.SocketKind) -> tuple[socket.AddressFamily, tuple[str, int]]:
    if not address.host:
        if socket.has_dualstack_ipv6():
            return socket.AF_INET6, ("::", address.port)
        return socket.AF_INET, ("0.0.0.0", address.port)
    found = socket.getaddrinfo(address.host, address.port, type=socket_type, flags=socket.AI_PASSIVE)
    family, _, _, _, endpoint = found[0]
    return family, endpoint  # type: ignore[return-value]  # IPv6 endpoints carry two more items, bind takes them


def _bind_unix(address: SocketAddress) -> socket.socket:
    _remove_stale(address.path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(address.path)
        os.chmod(address.path, UNIX_SOCKET_MODE)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


def _remove_stale(path: str) -> None:
    """Unlink a socket file nobody listens on any more; anything else at `path` is left to make bind fail."""
    if not Path(path).exists() or not stat.S_ISSOCK(os.stat(path).st_mode):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)


def release(bound: socket.socket) -> None:
    """Close; a unix socket's file goes too. Idempotent."""
    unlink(bound)
    bound.close()


def unlink(bound: socket.socket) -> None:
    """Remove the file of a unix socket that is still open; nothing for any other socket."""
    if bound.fileno() >= 0 and bound.family == socket.AF_UNIX:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(bound.getsockname())


def bound_address(bound: socket.socket) -> str:
    """The address as text, with the real port."""
    name = bound.getsockname()
    return f"unix:{name}" if bound.family == socket.AF_UNIX else format_address(SocketAddress(name[0], name[1]))


def _refusal(address: SocketAddress, kind: port_holder.Protocol, error: OSError) -> FatalError:
    if error.errno != errno.EADDRINUSE:
        hint = "ports below 1024 need CAP_NET_BIND_SERVICE" if error.errno == errno.EACCES and address.port else ""
        cause = error.strerror or str(error)
        return FatalError(
            "bind-failed", "listen on", format_address(address), cause, hint, exit_status=exit_status.OS_ERROR
        )
    holder = None if address.path else port_holder.find(kind, address.port)
    cause = f"port {address.port or address.path} is held by {holder or 'another process'}"
    hint = "stop it, or choose another address"
    return FatalError(
        "address-in-use", "listen on", format_address(address), cause, hint, exit_status=exit_status.OS_ERROR
    )
