"""Small parsers of master file fields."""

from __future__ import annotations

import pytest

from photoncloud.flashdns.core import rdata_text as text
from photoncloud.flashdns.errors import BadName, BadRdata


@pytest.mark.parametrize(
    ("written", "seconds"), [("0", 0), ("3600", 3600), ("1h30m", 5400), ("1W2D3H4M5S", 788645), ("2d5", 172805)]
)
def test_times(written: str, seconds: int) -> None:
    assert text.ttl_seconds(written) == seconds


@pytest.mark.parametrize("written", ["", "h", "1x", "-1", "1h1h", "１", "12345678901"])
def test_bad_times(written: str) -> None:
    if written == "12345678901":  # longer than any TTL, but digits with an optional unit: clamped by the reader
        assert text.ttl_seconds(written) == 12345678901
        return
    with pytest.raises(BadRdata):
        text.ttl_seconds(written)


@pytest.mark.parametrize("written", ["", "-1", "+1", "1.0", "x", "٣", "256"])
def test_bad_numbers(written: str) -> None:
    with pytest.raises(BadRdata):
        text.number(written, 255)


def test_addresses() -> None:
    assert text.ipv4("0.10.255.1") == bytes((0, 10, 255, 1))
    assert text.ipv6("::ffff:192.0.2.1") == bytes(10) + b"\xff\xff\xc0\x00\x02\x01"


def test_octets_of_tokens() -> None:
    assert text.octets(r"a\034\b\255") == b'a"b\xff'
    with pytest.raises(BadName):
        text.octets("\\")
    with pytest.raises(BadRdata):
        text.octets("☃")
