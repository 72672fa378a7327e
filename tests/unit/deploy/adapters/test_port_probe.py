"""Ports that are taken, and by whom."""

from __future__ import annotations

import os
import socket

from photoncloud.deploy.adapters import port_probe
from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.port_plan import fixed
from photoncloud.deploy.core.run_plan import Program, build
from photoncloud.deploy.core.topology import Component, Port, Topology


def program(number: int, protocol: str) -> Program:
    level = Topology("x", (Component("a", ("a",), "a", ports=(Port("p", number, protocol),)),))
    return build(level, LocalAddresses(fixed(level), "/d", "1", {})).programs[0]


def test_a_tcp_listener_is_named_with_its_process() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        number = holder.getsockname()[1]
        (taken,) = port_probe.taken([program(number, "tcp")])
        assert f"127.0.0.1:{number}/tcp (p) is taken: pid {os.getpid()}" in str(taken)
    assert port_probe.taken([program(number, "tcp")]) == []


def test_udp_is_asked_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        (taken,) = port_probe.taken([program(holder.getsockname()[1], "udp")])
        assert taken.listener.transport == "udp"
