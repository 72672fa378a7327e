"""A start without a mode against control planes that lie, stall, redirect or never end: standalone, with the reason."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from config_samples import MemoryFiles, Stor

from photoncloud.config import load
from photoncloud.config.probe import BODY_BYTES_MAX, HttpProbe

LIMIT_SEC = 2.5
Answer = Callable[[socket.socket], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """A listener on loopback that handles every connection with `answer`."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    answer(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def respond(body: bytes, status: str = "200 OK", extra: str = "") -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        connection.sendall(head.encode() + body)

    return answer


def endless(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"x" * 4096)


def dripping(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(6):
        connection.sendall(b"x")
        time.sleep(0.5)


def hanging(connection: socket.socket) -> None:
    connection.recv(4096)
    time.sleep(2.4)


def closing(connection: socket.socket) -> None:
    connection.recv(4096)


def health(component: object, **more: object) -> bytes:
    return json.dumps({"status": "healthy", "component": component, **more}).encode()


REFUSED: dict[str, tuple[Answer, str]] = {
    "without component": (respond(b'{"status": "healthy"}'), "does not name"),
    "another component": (respond(health("lightningstor")), "does not name"),
    "component of a wrong type": (respond(health(["resource-manager"])), "does not name"),
    "a list": (respond(b"[1]"), "does not name"),
    "not json": (respond(b"<html>"), "not JSON"),
    "nested too deeply": (respond(b"[" * 60_000), "not JSON"),
    "redirect": (respond(b"", "302 Found", "Location: http://127.0.0.1:1/health\r\n"), "status 302"),
    "error": (respond(health("resource-manager"), "503 Service Unavailable"), "status 503"),
    "no http": (lambda c: c.sendall(b"220 smtp\r\n"), ""),
    "closed": (closing, ""),
    "endless body": (endless, f"larger than {BODY_BYTES_MAX}"),
    "dripping body": (dripping, "no answer within 2 s"),
    "hanging": (hanging, "no answer within 2 s"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_but_a_control_plane_means_standalone(name: str) -> None:
    answer, cause = REFUSED[name]
    with server(answer) as url:
        begin = time.monotonic()
        resolved = load("lightningstor", Stor, [], {"PHOTON_CONTROL_PLANE_ENDPOINT": url}, files=MemoryFiles())
        # The limit is a contract of the start, not a measurement.
        assert time.monotonic() - begin < LIMIT_SEC
    assert resolved.mode == "standalone"
    assert resolved.mode_reason.startswith(f"probe {url}/health failed: ")
    assert cause in resolved.mode_reason
    assert resolved.mode_reason in resolved.explain("photon.mode")


def test_a_closed_port_means_standalone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert HttpProbe()(f"http://127.0.0.1:{port}/health").cause == "connection refused"


@pytest.mark.parametrize("component", ["resource-manager", "api-gateway"])
def test_a_control_plane_that_names_itself_means_integrated(component: str) -> None:
    with server(respond(health(component, version="1.2.3"))) as url:
        environ = {"RESOURCE_MANAGER": url, "CHAINFIRE_ENDPOINTS": "http://cf:2379"}
        resolved = load("lightningstor", Stor, [], environ, files=MemoryFiles())
    assert (resolved.mode, resolved.mode_reason) == ("integrated", f"probe {url}/health: {component} 1.2.3")
    assert f"mode=integrated stage={resolved.stage} ({resolved.mode_reason})" in resolved.explain("photon.mode")


def test_an_explicit_mode_is_never_probed() -> None:
    environ = {"PHOTON_MODE": "standalone", "PHOTON_CONTROL_PLANE_ENDPOINT": "http://192.0.2.1:1"}

    def probe(url: str) -> None:
        raise AssertionError(url)

    resolved = load("lightningstor", Stor, [], environ, files=MemoryFiles(), probe=probe)  # type: ignore[arg-type]
    assert (resolved.mode, resolved.mode_reason) == ("standalone", "env PHOTON_MODE")
