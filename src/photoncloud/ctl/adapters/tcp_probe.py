"""Layer tcp: connect to one address and tell refused, timed out and unreachable apart."""

from __future__ import annotations

import errno
import socket

from photoncloud.ctl.adapters.name_probe import Address

CONNECT_TIMEOUT_SEC = 3.0
_MEANINGS = {
    errno.ECONNREFUSED: "refused: nothing listens there",
    errno.EHOSTUNREACH: "unreachable: no such host on the way",
    errno.ENETUNREACH: "unreachable: no route",
    errno.EACCES: "forbidden by a rule of this machine",
    errno.EPERM: "forbidden by a rule of this machine",
}


def failure(address: Address, timeout_sec: float = CONNECT_TIMEOUT_SEC) -> str:
    """Why it does not accept; "" when it does."""
    family, target = address
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(timeout_sec)
        try:
            probe.connect(target)
        except TimeoutError:
            return f"timeout: silence for {timeout_sec:g} s, a firewall or a dead host"
        except OSError as error:
            return _MEANINGS.get(error.errno or 0, error.strerror or str(error))
    return ""
