"""Whether the addresses of a plan can be bound now, and who holds those that cannot."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from photoncloud.deploy.core.run_plan import Listener, Program
from photoncloud.runtime import port_holder
from photoncloud.runtime.port_holder import Holder

_KIND = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@dataclass(frozen=True, slots=True)
class Taken:
    """A listener that cannot be bound; `holder` None when /proc does not show whom it belongs to."""

    component: str
    listener: Listener
    error: OSError
    holder: Holder | None = None

    def __str__(self) -> str:
        where = f"{self.listener.address}/{self.listener.transport}"
        if self.error.errno != errno.EADDRINUSE:
            return f"{self.component}: {where} ({self.listener.port}) cannot be bound: {self.error.strerror}"
        by = str(self.holder) if self.holder else "held by another user's process or an outgoing connection"
        return f"{self.component}: {where} ({self.listener.port}) is taken: {by}"


def taken(programs: Iterable[Program]) -> list[Taken]:
    """Every listener that cannot be bound; a port that another wave of `up` holds for us must not be asked about."""
    found = []
    for program in programs:
        for listener in program.listeners:
            error = _bind(listener)
            if error is not None:
                found.append(Taken(program.name, listener, error, _holder(listener)))
    return found


def may_bind_low() -> bool:
    """Whether this process may bind a port below 1024 (root, a capability, or a lowered kernel limit)."""
    for number in (1023, 1022, 1021):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                return False
            return True
    return False


def _bind(listener: Listener) -> OSError | None:
    host, _, port = listener.address.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, _KIND[listener.transport]) as probe:
        if listener.transport == "tcp":
            # As servers do: a connection in TIME_WAIT does not make a port taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
            if listener.transport == "tcp":
                probe.listen(1)
        except OSError as error:
            return error
    return None


def _holder(listener: Listener) -> Holder | None:
    number = int(listener.address.rpartition(":")[2])
    return port_holder.find("udp" if listener.transport == "udp" else "tcp", number)
