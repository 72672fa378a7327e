from __future__ import annotations

from ipaddress import ip_network

import pytest

from photoncloud.lightningstor.core import http_head
from photoncloud.lightningstor.errors import S3Error

Field = tuple[bytes, bytes]


def check(*fields: Field, version: str = "1.1") -> str:
    """The code of the refusal, or empty."""
    first: dict[bytes, bytes] = {}
    for name, value in fields:
        first.setdefault(name, value)
    try:
        http_head.check_head(version, fields, first)
    except S3Error as refusal:
        return refusal.code if refusal.close else f"{refusal.code} but open"
    return ""


HOST = (b"host", b"a")


@pytest.mark.parametrize(
    ("fields", "version", "code"),
    [
        ((HOST,), "1.1", ""),
        ((), "1.1", "InvalidHostHeader"),
        (((b"host", b""),), "1.1", "InvalidHostHeader"),
        ((HOST, HOST), "1.1", "InvalidHostHeader"),
        ((HOST, HOST), "1.0", "InvalidHostHeader"),
        ((), "1.0", ""),
        ((HOST, (b"x-a", b"1"), (b"x-a", b"2")), "1.1", ""),
        ((HOST, (b"range", b"1"), (b"range", b"1")), "1.1", "InvalidRequest"),
        ((HOST, *[(b"x-%d" % number, b"") for number in range(99)]), "1.1", ""),
        ((HOST, *[(b"x-%d" % number, b"") for number in range(100)]), "1.1", "RequestHeaderSectionTooLarge"),
    ],
)
def test_check_head(fields: tuple[Field, ...], version: str, code: str) -> None:
    assert check(*fields, version=version) == code


@pytest.mark.parametrize(
    ("version", "connection", "stays"),
    [
        ("1.1", None, True),
        ("1.0", None, False),
        ("1.1", b"close", False),
        ("1.1", b"Close", False),
        ("1.1", b"upgrade, close", False),
        ("1.1", b"closed", True),
        ("1.0", b"Keep-Alive", True),
        ("1.0", b"keep-alive, close", False),
    ],
)
def test_keeps_alive(version: str, connection: bytes | None, stays: bool) -> None:
    assert http_head.keeps_alive(version, connection) is stays


TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def client(peer: str, *forwarded: bytes, protocol: bytes | None = None, secure: bool = False) -> tuple[str, bool]:
    headers = tuple((b"x-forwarded-for", value) for value in forwarded)
    fields = {} if protocol is None else {b"x-forwarded-proto": protocol}
    return http_head.client_of(peer, secure, fields, headers, TRUSTED)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.9", (b"198.51.100.1",), "192.0.2.9"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", (b"198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", (b"203.0.113.7, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", (b"203.0.113.7, 10.0.0.2",), "203.0.113.7"),
        ("10.0.0.1", (b"203.0.113.7", b"10.0.0.2"), "203.0.113.7"),
        ("10.0.0.1", (b"10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", (b"evil, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", (b"198.51.100.1, evil",), "10.0.0.1"),
        ("fd00::1", (b"2001:db8::1",), "2001:db8::1"),
        ("not an address", (b"198.51.100.1",), "not an address"),
    ],
)
def test_the_client_is_the_rightmost_hop_nobody_vouches_for(
    peer: str, forwarded: tuple[bytes, ...], expected: str
) -> None:
    assert client(peer, *forwarded)[0] == expected


def test_forwarded_protocol_is_believed_from_proxies_only() -> None:
    assert client("10.0.0.1", protocol=b"https")[1]
    assert not client("192.0.2.9", protocol=b"https")[1]
    assert not client("10.0.0.1", protocol=b"http", secure=True)[1]
    assert client("192.0.2.9", protocol=b"http", secure=True)[1]


def test_without_proxies_nothing_is_believed() -> None:
    assert http_head.client_of("10.0.0.1", False, {b"x-forwarded-proto": b"https"}, (), ()) == ("10.0.0.1", False)
