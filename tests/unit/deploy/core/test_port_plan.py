"""Port numbers on one machine (deploy.md §4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.deploy.core.port_plan import Move, PortsExhausted, fixed, plan_ports
from photoncloud.deploy.core.topology import Component, Port, Topology


def topology(**ports: tuple[Port, ...]) -> Topology:
    return Topology("x", tuple(Component(n, (n,), n, ports=p) for n, p in ports.items()))


def test_the_later_component_moves_to_the_next_number_nobody_uses() -> None:
    level = topology(
        lb=(Port("http", 8080), Port("admin", 8081)), gateway=(Port("http", 8080),), other=(Port("http", 8082),)
    )
    plan = plan_ports(level)
    assert plan.number("lb", "http") == 8080
    assert plan.number("gateway", "http") == 8083
    assert plan.number("other", "http") == 8082
    assert plan.moves == (Move("gateway", "http", 8080, 8083, "8080 belongs to lb"),)


def test_udp_and_tcp_are_two_spaces() -> None:
    level = topology(a=(Port("dns", 53, "udp"),), b=(Port("dns", 53, "tcp"),), c=(Port("dns", 53, "tcp+udp"),))
    plan = plan_ports(level)
    assert (plan.number("a", "dns"), plan.number("b", "dns"), plan.number("c", "dns")) == (53, 53, 54)


def test_without_the_privilege_low_ports_move() -> None:
    level = topology(dns=(Port("dns", 53, "tcp+udp"), Port("doh", 443)))
    plan = plan_ports(level, may_bind_low=False)
    assert (plan.number("dns", "dns"), plan.number("dns", "doh")) == (5353, 8443)
    assert {move.reason for move in plan.moves} == {"below 1024 needs a privilege"}


def test_offset() -> None:
    plan = plan_ports(topology(a=(Port("x", 9000),)), offset=1000)
    assert plan.number("a", "x") == 10000
    with pytest.raises(PortsExhausted):
        plan_ports(topology(a=(Port("x", 65000),)), offset=1000)
    with pytest.raises(PortsExhausted):
        plan_ports(topology(a=(Port("x", 65535),), b=(Port("x", 65535),)))


def test_fixed_is_as_declared() -> None:
    assert fixed(topology(a=(Port("x", 1),), b=(Port("x", 1),))).assigned == {("a", "x"): 1, ("b", "x"): 1}


ports = st.lists(st.builds(Port, st.just("p"), st.integers(1000, 1010), st.sampled_from(["tcp", "udp", "tcp+udp"])))


@given(ports, st.booleans())
def test_no_two_listeners_share_a_number_and_a_second_plan_keeps_the_first(found: list[Port], low: bool) -> None:
    level = Topology("x", tuple(Component(f"c{n}", (), "", ports=(port,)) for n, port in enumerate(found)))
    plan = plan_ports(level, may_bind_low=low)
    taken = [(kind, plan.number(c.name, p.name)) for c in level.components for p in c.ports for kind in p.transports]
    assert len(taken) == len(set(taken))
    assert plan_ports(level, may_bind_low=low, keep=plan.assigned).assigned == plan.assigned
