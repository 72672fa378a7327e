"""Layer dns: every address of a name, with a deadline the resolver itself does not know."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading

RESOLVE_TIMEOUT_SEC = 4.0

Address = tuple[socket.AddressFamily, tuple[str, int]]


def resolve(host: str, port: int, timeout_sec: float = RESOLVE_TIMEOUT_SEC) -> list[Address]:
    """Addresses of both families in the resolver's order. Raises OSError (socket.gaierror), TimeoutError."""
    answers: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(family, (str(address[0]), port)) for family, _, _, _, address in found])
        except OSError as error:
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_sec)
    except queue.Empty:
        raise TimeoutError(f"no answer within {timeout_sec:g} s") from None
    if isinstance(answer, OSError):
        raise answer
    return list(dict.fromkeys(answer))


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
