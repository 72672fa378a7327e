"""Which number each listener gets on one machine, decided before anything starts.

The later component of a collision moves to the next number above its own that nothing in the plan uses. Where the
process may not bind below 1024, 53 becomes 5353 and everything else moves by 8000. What an earlier run decided
(`keep`) stays as long as it fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photoncloud.deploy.core.topology import HIGHEST_PORT, LOWEST_UNPRIVILEGED_PORT, Port, Topology

DNS_PORT = 53
DNS_PORT_UNPRIVILEGED = 5353
UNPRIVILEGED_SHIFT = 8000

Key = tuple[str, str]


class PortsExhausted(ValueError):
    """No free number is left above the wanted one, or the offset leaves the range."""


@dataclass(frozen=True, slots=True)
class Move:
    component: str
    port: str
    wanted: int
    assigned: int
    reason: str


@dataclass(frozen=True, slots=True)
class PortPlan:
    """`assigned` maps (component, port name) to the number it listens on."""

    assigned: Mapping[Key, int]
    moves: tuple[Move, ...] = ()

    def number(self, component: str, port: str) -> int:
        return self.assigned[(component, port)]


def plan_ports(
    topology: Topology, *, offset: int = 0, may_bind_low: bool = True, keep: Mapping[Key, int] | None = None
) -> PortPlan:
    """Assign every port of the topology; deterministic, and idempotent through `keep`."""
    ports = [(component.name, port) for component in topology.components for port in component.ports]
    wanted = {(name, port.name): _wanted(port, offset, may_bind_low) for name, port in ports}
    reserved = {(kind, wanted[(name, port.name)]) for name, port in ports for kind in port.transports}
    assigned: dict[Key, int] = {}
    moves: list[Move] = []
    used: dict[tuple[str, int], str] = {}
    for name, port in ports:
        key = (name, port.name)
        kept = (keep or {}).get(key)
        number = kept if kept is not None and _is_free(port, kept, used) else wanted[key]
        blocker = next((used[(kind, number)] for kind in port.transports if (kind, number) in used), None)
        reason = _reason(port.number, number, offset)
        if blocker is not None:
            number = _next_free(port, number, used, reserved)
            reason = f"{port.number} belongs to {blocker}"
        used.update({(kind, number): name for kind in port.transports})
        assigned[key] = number
        if number != port.number:
            moves.append(Move(name, port.name, port.number, number, reason))
    return PortPlan(assigned, tuple(moves))


def fixed(topology: Topology) -> PortPlan:
    """Every port as declared: for containers, where each component has addresses of its own."""
    return PortPlan({(c.name, p.name): p.number for c in topology.components for p in c.ports})


def _wanted(port: Port, offset: int, may_bind_low: bool) -> int:
    number = port.number + offset
    if number < LOWEST_UNPRIVILEGED_PORT and not may_bind_low:
        number = DNS_PORT_UNPRIVILEGED if number == DNS_PORT else number + UNPRIVILEGED_SHIFT
    if not 0 < number <= HIGHEST_PORT:
        raise PortsExhausted(f"port {port.number} with offset {offset} is outside 1-{HIGHEST_PORT}")
    return number


def _reason(declared: int, number: int, offset: int) -> str:
    if number == declared:
        return ""
    return f"offset {offset}" if offset else "below 1024 needs a privilege"


def _is_free(port: Port, number: int, used: Mapping[tuple[str, int], str]) -> bool:
    return all((kind, number) not in used for kind in port.transports)


def _next_free(port: Port, start: int, used: Mapping[tuple[str, int], str], reserved: set[tuple[str, int]]) -> int:
    for number in range(start + 1, HIGHEST_PORT + 1):
        if _is_free(port, number, used) and all((kind, number) not in reserved for kind in port.transports):
            return number
    raise PortsExhausted(f"no port is free above {start}")
