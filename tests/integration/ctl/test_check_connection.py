"""`check-connection` against working services and prepared broken ones: the right layer, the right status (§9.2)."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from photoncloud.ctl import cli
from photoncloud.deploy.adapters import certificates

NOW = datetime.datetime.now(datetime.UTC)
GOOD = {"status": "healthy", "mode": "standalone", "component": "fake", "version": "0.1.0", "checks": {}}


class Web:
    """An HTTP server whose answers are `path -> (status, document)`; `skew_sec` shifts its Date."""

    def __init__(self, answers: dict[str, tuple[int, Any]], skew_sec: float = 0.0, delay_sec: float = 0.0) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.path, dict(self.headers)))
                time.sleep(delay_sec)
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, document = answers.get(self.path, (404, {}))
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response_only(status)
                self.send_header("Date", formatdate(time.time() + skew_sec, usegmt=True))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def web(answers: dict[str, tuple[int, Any]], **keys: float) -> Iterator[Web]:
    made = Web(answers, **keys)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server that does what `talk` does on each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    talk(connection)
                except (OSError, struct.error):
                    continue  # the tcp layer connects and says nothing

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """(exit status, layer -> (status, detail))."""
    status = cli.run(["check-connection", "-o", "json", *words])
    document = json.loads(capsys.readouterr().out)
    assert document["exitStatus"] == status
    return status, {item["layer"]: (item["status"], item["detail"]) for item in document["items"]}


def test_a_good_component_passes_every_layer(capsys) -> None:
    with web({"/health": (200, GOOD), "/": (404, {})}) as server:
        status, layers = check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")
    assert status == 0
    assert [layers[name][0] for name in ("dns", "tcp", "health", "protocol", "latency", "clock", "version")] == [
        "ok"
    ] * 7
    assert (layers["tls"][0], layers["access"][0]) == ("skip", "skip")


def test_1_no_such_name(capsys) -> None:
    status, layers = check(capsys, "--endpoint", "http://no-such-host.invalid:80")
    assert (status, list(layers)) == (10, ["dns"])


def test_2_refused(capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    status, layers = check(capsys, "--endpoint", f"http://127.0.0.1:{port}")
    assert (status, layers["tcp"][0]) == (11, "fail")
    assert "refused" in layers["tcp"][1]


def test_3_black_hole(capsys) -> None:
    """A full backlog swallows connections without an answer."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        plugs = []
        for _ in range(4):
            plug = socket.socket()
            plug.setblocking(False)
            plug.connect_ex(hole.getsockname())
            plugs.append(plug)
        status, layers = check(capsys, "--endpoint", f"http://127.0.0.1:{hole.getsockname()[1]}")
        for plug in plugs:
            plug.close()
    assert status == 11
    assert "timeout" in layers["tcp"][1]


@pytest.fixture(scope="module")
def authority() -> certificates.Pair:
    return certificates.authority(NOW)


@contextmanager
def tls_server(folder: Path, pair: certificates.Pair, *, client_ca: bytes = b"") -> Iterator[int]:
    (folder / "server.pem").write_bytes(pair.certificate)
    (folder / "server.key").write_bytes(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca.decode())
    body = json.dumps(GOOD).encode()

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.settimeout(2)
            if secure.recv(4096):
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with talking(talk) as port:
        yield port


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("good", ""),
        ("stranger", "self-signed|unable to get"),
        ("expired", "expired"),
        ("name", "mismatch|not valid for"),
    ],
)
def test_4_5_6_certificates(capsys, tmp_path: Path, authority: certificates.Pair, case: str, words: str) -> None:
    signer = certificates.authority(NOW) if case == "stranger" else authority
    made = NOW - datetime.timedelta(days=400) if case == "expired" else NOW
    names = ("elsewhere.example",) if case == "name" else certificates.LOOPBACK_NAMES
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    with tls_server(tmp_path, certificates.issue(signer, "fake", made, names)) as port:
        status, layers = check(capsys, "--endpoint", f"https://127.0.0.1:{port}", "--ca", str(tmp_path / "ca.pem"))
    if case == "good":
        assert (status, layers["tls"][0]) == (0, "ok")
        assert "days left" in layers["tls"][1]
        return
    assert status == 12
    assert any(word in layers["tls"][1].lower() for word in words.split("|")), layers["tls"]
    assert "subject CN=fake" in layers["tls"][1]


def test_6b_a_client_certificate_is_demanded(capsys, tmp_path: Path, authority: certificates.Pair) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    ours = certificates.issue(authority, "operator", NOW)
    (tmp_path / "c.pem").write_bytes(ours.certificate)
    (tmp_path / "c.key").write_bytes(ours.key)
    pair = certificates.issue(authority, "fake", NOW)
    with tls_server(tmp_path, pair, client_ca=authority.certificate) as port:
        common = ["--endpoint", f"https://127.0.0.1:{port}", "--ca", str(tmp_path / "ca.pem")]
        status, layers = check(capsys, *common)
        assert (status, layers["tls"][0]) == (12, "fail")
        status, layers = check(capsys, *common, "--cert", str(tmp_path / "c.pem"), "--key", str(tmp_path / "c.key"))
        assert (status, layers["tls"][0]) == (0, "ok")


def test_7_unhealthy(capsys) -> None:
    sick = {**GOOD, "status": "unhealthy", "checks": {"disk": "no space"}}
    with web({"/health": (503, sick)}) as server:
        status, layers = check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")
    assert status == 13
    assert "disk: no space" in layers["health"][1]


def test_8_another_protocol(capsys) -> None:
    with talking(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")) as port:
        assert check(capsys, "--endpoint", f"http://127.0.0.1:{port}")[0] == 13
        assert check(capsys, "--endpoint", f"nats://127.0.0.1:{port}")[0] == 14
        assert check(capsys, "--endpoint", f"postgres://127.0.0.1:{port}")[0] == 14
        assert check(capsys, "--endpoint", f"s3://127.0.0.1:{port}")[0] == 14


def test_9_denied(capsys, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    with web({"/health": (200, GOOD), "/": (200, {})}) as server:
        status, layers = check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}", "--token-file", str(token))
        assert (status, layers["access"][0]) == (0, "ok")
        assert server.requests[-20:]
    error = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
    credentials = tmp_path / "aws"
    credentials.write_text("[default]\naws_access_key_id = AKIAX\naws_secret_access_key = verysecret\n")
    with web({"/": (403, error)}) as server:
        status, layers = check(capsys, "--endpoint", f"s3://127.0.0.1:{server.port}", "--token-file", str(credentials))
    assert (status, layers["access"]) == (15, ("fail", "ListBuckets 403 SignatureDoesNotMatch"))
    assert "verysecret" not in str(server.requests)


def status_answers(leader: str, alarms: list[dict[str, str]]) -> dict[str, tuple[int, Any]]:
    return {
        "/health": (200, {**GOOD, "component": "chainfire"}),
        "/v3/maintenance/status": (200, {"header": {"revision": "812"}, "leader": leader}),
        "/v3/maintenance/alarm": (200, {"alarms": alarms}),
    }


def test_10_chainfire_with_and_without_leader(capsys) -> None:
    with web(status_answers("10276657743932975437", [])) as server:
        status, layers = check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")
    assert (status, layers["protocol"]) == (0, ("ok", "leader 8e9e05c5, revision 812, no alarm"))
    with web(status_answers("0", [])) as server:
        status, layers = check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")
    assert (status, layers["protocol"][1]) == (14, "there is no leader")
    with web(status_answers("1", [{"alarm": "NOSPACE"}])) as server:
        assert check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")[0] == 14


def test_11_skewed_clock(capsys) -> None:
    with web({"/health": (200, GOOD)}, skew_sec=-120) as server:
        assert check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")[0] == 17


def test_12_old_version(capsys) -> None:
    with web({"/health": (200, {**GOOD, "version": "0.9.0"})}) as server:
        assert check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")[0] == 18


def test_13_slow(capsys) -> None:
    with web({"/health": (200, GOOD)}, delay_sec=0.05) as server:
        words = ["--endpoint", f"http://127.0.0.1:{server.port}", "--samples", "3", "--latency-budget-ms", "10"]
        assert check(capsys, *words)[0] == 16


def test_redirects_are_not_followed(capsys) -> None:
    with web({"/health": (302, {}), "/": (302, {})}) as server:
        status, _ = check(capsys, "--endpoint", f"http://127.0.0.1:{server.port}")
        assert status == 13
        assert [path for path, _ in server.requests] == ["/health"]


def test_several_endpoints_end_with_the_worst(capsys) -> None:
    with web({"/health": (503, {**GOOD, "status": "unhealthy"})}) as sick, web({"/health": (200, GOOD)}) as well:
        words = [f"http://127.0.0.1:{sick.port}", f"http://127.0.0.1:{well.port}"]
        assert cli.run(["check-connection", "--endpoint", words[0], "--endpoint", words[1]]) == 13
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [f"{word} (http)" for word in words]


def dns_answer(query: bytes, flags: int) -> bytes:
    return query[:2] + struct.pack("!H", flags) + query[4:]


@pytest.mark.parametrize(("flags", "status"), [(0x8400, 0), (0x8000, 14), (0x8403, 14)])
def test_dns_over_both_transports(capsys, flags: int, status: int) -> None:
    def talk(connection: socket.socket) -> None:
        (length,) = struct.unpack("!H", connection.recv(2))
        answer = dns_answer(connection.recv(length), flags)
        connection.sendall(struct.pack("!H", len(answer)) + answer)

    with talking(talk) as port, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", port))

        def serve() -> None:
            while True:
                try:
                    query, peer = udp.recvfrom(4096)
                    udp.sendto(dns_answer(query, flags), peer)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        assert check(capsys, "--endpoint", f"dns://127.0.0.1:{port}/example.com", "--samples", "2")[0] == status


@pytest.mark.parametrize(("info", "status"), [({"version": "2.15", "jetstream": True}, 0), ({"version": "2.15"}, 14)])
def test_nats(capsys, info: dict[str, Any], status: int) -> None:
    with talking(lambda connection: connection.sendall(b"INFO " + json.dumps(info).encode() + b"\r\n")) as port:
        assert check(capsys, "--endpoint", f"nats://127.0.0.1:{port}", "--samples", "2")[0] == status


def test_postgres(capsys) -> None:
    def talk(connection: socket.socket) -> None:
        (length,) = struct.unpack("!i", connection.recv(4))
        body = connection.recv(length - 4)
        if len(body) == 4:
            connection.sendall(b"N")
        else:
            connection.sendall(b"R" + struct.pack("!2i", 8, 10))

    with talking(talk) as port:
        status, layers = check(capsys, "--endpoint", f"postgres://127.0.0.1:{port}", "--samples", "2")
    assert (status, layers["protocol"]) == (0, ("ok", "start-up answered, no TLS"))


def test_self_asks_the_component_of_this_container(capsys, tmp_path: Path, monkeypatch) -> None:
    with web({"/health": (200, GOOD)}) as server:
        config = tmp_path / "config.toml"
        config.write_text(f'[photon.ops]\naddr = "0.0.0.0:{server.port}"\n')
        monkeypatch.setenv("PHOTON_COMPONENT", "lightningstor")
        monkeypatch.setenv("PHOTON_CONFIG", str(config))
        assert check(capsys, "--self")[0] == 0
        monkeypatch.setenv("PHOTON__OPS__ADDR", "127.0.0.1:1")
        assert check(capsys, "--self")[0] == 11
        monkeypatch.delenv("PHOTON_COMPONENT")
        assert cli.run(["check-connection", "--self"]) == 64
