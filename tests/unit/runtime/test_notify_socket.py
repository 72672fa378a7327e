"""sd_notify: the exact datagrams, on both kinds of sockets, and silence without a supervisor."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from photoncloud.runtime.notify_socket import NotifySocket


@pytest.fixture(params=["path", "abstract"])
def supervisor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@photon-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address.replace("@", "\0"))
        receiver.settimeout(5)
        yield address, receiver


def test_messages(supervisor: tuple[str, socket.socket]) -> None:
    address, receiver = supervisor
    notify = NotifySocket.from_environment({"NOTIFY_SOCKET": address})
    notify.ready()
    notify.reloading(1_234_567_890)
    notify.stopping()
    notify.status("healthy standalone")
    notify.watchdog()
    assert [receiver.recv(1000) for _ in range(5)] == [
        b"READY=1",
        b"RELOADING=1\nMONOTONIC_USEC=1234567",
        b"STOPPING=1",
        b"STATUS=healthy standalone",
        b"WATCHDOG=1",
    ]


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000"}, 15.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "many"}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 0.0),
        ({}, 0.0),
    ],
)
def test_watchdog_interval(environ: dict[str, str], interval: float) -> None:
    assert NotifySocket.from_environment(environ).watchdog_interval_sec == interval


def test_no_supervisor_or_a_dead_one_is_no_error(tmp_path: Path) -> None:
    NotifySocket.from_environment({}).ready()
    NotifySocket(str(tmp_path / "nobody")).ready()
