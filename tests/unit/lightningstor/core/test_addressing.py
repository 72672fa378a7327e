from __future__ import annotations

import pytest

from photoncloud.lightningstor.core.addressing import Address, Domains, address, host_name

DOMAINS = Domains(["localhost", "s3.example.com", "example.com"])


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        (b"localhost:9001", b"/", Address("", b"")),
        (b"localhost", b"/b", Address("b", b"")),
        (b"localhost", b"/b/", Address("b", b"")),
        (b"localhost", b"/b//k", Address("b", b"/k")),
        (b"localhost", b"/b/k/", Address("b", b"k/")),
        (b"localhost", b"//k", Address("", b"k")),
        (b"127.0.0.1:9001", b"/b/k", Address("b", b"k")),
        (b"[::1]:9001", b"/b/k", Address("b", b"k")),
        (b"", b"/b/k", Address("b", b"k")),
        (b"b.localhost", b"/k", Address("b", b"k")),
        (b"B.LocalHost.:80", b"/", Address("b", b"")),
        (b"www.example.org.localhost", b"/k", Address("www.example.org", b"k")),
        (b"b.s3.example.com", b"/k", Address("b", b"k")),
        (b"s3.example.com", b"/b/k", Address("s3", b"b/k")),
        (b"b.example.com", b"//k", Address("b", b"/k")),
        (b"notlocalhost", b"/b/k", Address("b", b"k")),
    ],
)
def test_address(host: bytes, path: bytes, expected: Address) -> None:
    assert address(path, host, DOMAINS) == expected


def test_a_configured_domain_is_no_bucket_of_a_shorter_one() -> None:
    """`s3.example.com` itself is path style unless `example.com` is a domain of its own, as above."""
    assert address(b"/b/k", b"s3.example.com", Domains(["s3.example.com"])) == Address("b", b"k")


@pytest.mark.parametrize(
    ("field", "name"), [(b"A:1", b"a"), (b"a.", b"a"), (b"[::1]", b"[::1]"), (b"[FE80::1]:80", b"[fe80::1]")]
)
def test_host_name(field: bytes, name: bytes) -> None:
    assert host_name(field) == name
