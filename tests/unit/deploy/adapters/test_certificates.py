"""The authority of an installation, checked by the TLS library itself."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from pathlib import Path

import pytest

from photoncloud.deploy.adapters import certificates

NOW = datetime.datetime.now(datetime.UTC)


def test_a_client_that_trusts_the_authority_reaches_the_component(tmp_path: Path) -> None:
    authority = certificates.authority(NOW)
    pair = certificates.issue(authority, "lightningstor", NOW)
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    (tmp_path / "c.pem").write_bytes(pair.certificate)
    (tmp_path / "c.key").write_bytes(pair.key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "c.pem", tmp_path / "c.key")
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with server.wrap_socket(theirs, server_side=True) as connection:
            connection.sendall(b"hello")

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    with client.wrap_socket(ours, server_hostname="127.0.0.1") as connection:
        assert connection.recv(5) == b"hello"
    thread.join()


@pytest.mark.parametrize(("days", "due"), [(0, False), (240, False), (250, True), (400, True)])
def test_renewal_at_two_thirds(days: int, due: bool) -> None:
    authority = certificates.authority(NOW)
    pair = certificates.issue(authority, "a", NOW)
    assert certificates.is_due(pair.certificate, authority.certificate, NOW + datetime.timedelta(days=days)) is due


def test_another_authority_or_rubbish_is_due() -> None:
    authority, other = certificates.authority(NOW), certificates.authority(NOW)
    pair = certificates.issue(authority, "a", NOW)
    assert certificates.is_due(pair.certificate, other.certificate, NOW)
    assert certificates.is_due(b"rubbish", authority.certificate, NOW)
