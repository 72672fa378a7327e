"""Free ports are free, taken ones are taken."""

import socket

import pytest

from photoncloud.testkit.ports import free_port, free_ports, is_listening, taken_port


def test_free_ports_are_distinct_and_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert not is_listening(f"127.0.0.1:{ports[0]}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", free_port("udp")))


def test_a_taken_port_is_taken_within_the_block() -> None:
    with taken_port() as port:
        assert is_listening(f"127.0.0.1:{port}")
        with socket.socket() as other, pytest.raises(OSError):
            other.bind(("127.0.0.1", port))
    assert not is_listening(f"127.0.0.1:{port}")
