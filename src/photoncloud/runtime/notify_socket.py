"""sd_notify: tell the supervisor (systemd, photonctl) how the process is. Without NOTIFY_SOCKET it is silent."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from photoncloud.runtime.logging import get_logger

log = get_logger(__name__)

_MICROSECONDS = 1_000_000


class NotifySocket:
    """One datagram a message; a supervisor that does not read never blocks or stops us."""

    def __init__(self, address: str = "", watchdog_usec: int = 0) -> None:
        """`address`: a path, `@name` for an abstract socket, or empty for none."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog_usec = watchdog_usec

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> NotifySocket:
        """NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID (a watchdog meant for another pid is not ours)."""
        for_us = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog = environ.get("WATCHDOG_USEC", "") if for_us else ""
        return cls(environ.get("NOTIFY_SOCKET", ""), int(watchdog) if watchdog.isdecimal() else 0)

    @property
    def watchdog_interval_sec(self) -> float:
        """Half of what the supervisor waits; 0 when it does not watch."""
        return self._watchdog_usec / _MICROSECONDS / 2 if self._address else 0.0

    def ready(self) -> None:
        self._send("READY=1")

    def reloading(self, monotonic_ns: int) -> None:
        """Followed by `ready` when the reload is over."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        self._send(f"STATUS={text}")

    def watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            try:
                sender.sendto("\n".join(lines).encode(), self._address)
            except OSError as error:
                log.debug("notify_failed", reason=str(error))
