"""A stop must not wait for clients that keep an idle TLS connection and never answer its end."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from photoncloud.testkit.process import server
from photoncloud.testkit.s3_store import store_settings
from photoncloud.testkit.server_config import laid_over
from photoncloud.testkit.tls import Authority

STOP_LIMIT_SEC = 20.0
"""Well below the half minute an event loop would wait by itself."""


async def test_an_idle_tls_client_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue()
    tls = {"s3_tls_addr": "127.0.0.1:0", "tls_cert_file": str(pair.cert_file), "tls_key_file": str(pair.key_file)}
    settings = laid_over(store_settings(tmp_path), {"server": tls})
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    async with server("lightningstor", tmp_path, settings=settings, photon={"grace_timeout_sec": 60}) as process:
        plain = socket.create_connection(("127.0.0.1", process.port("s3-tls")))
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(1024).startswith(b"HTTP/1.1 403")
            assert await process.stop(STOP_LIMIT_SEC) == 0
