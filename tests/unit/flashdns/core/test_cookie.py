"""Server cookies: the vectors of RFC 9018 Appendix A and the ages of flashdns.md §4.10."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from photoncloud.flashdns.core.cookie import CookieState, cookie_state, server_cookie, siphash24

SECRET = bytes.fromhex("e5e973e5a6b2a43f48e7dc849e37bfcf")
ADDRESS = ip_address("198.51.100.100").packed
CLIENT = bytes.fromhex("2464c4abcf10c957")
TIME = 1559731985


def test_appendix_a_1_a_new_cookie() -> None:
    assert server_cookie(CLIENT, ADDRESS, SECRET, TIME).hex() == "010000005cf79f111f8130c3eee29480"


def test_appendix_a_2_the_same_client_later() -> None:
    assert server_cookie(CLIENT, ADDRESS, SECRET, 1559734385).hex() == "010000005cf7a871d4a564a1442aca77"


def test_appendix_a_3_a_cookie_is_renewed() -> None:
    """Reserved octets were set by somebody: they are hashed as they came and cleared in the new one."""
    client, address = bytes.fromhex("fc93fc62807ddb86"), ip_address("203.0.113.203").packed
    old = client + bytes.fromhex("01abcdef5cf78f71a314227b6679ebf5")
    assert cookie_state(old, address, (SECRET,), 1559734700) is CookieState.BAD, "older than an hour"
    assert cookie_state(old, address, (SECRET,), 1559727985 + 1900) is CookieState.STALE
    assert server_cookie(client, address, SECRET, 1559734700).hex() == "010000005cf7a9acf73a7810aca2381e"


def test_appendix_a_4_ipv6_and_a_rotated_secret() -> None:
    address = ip_address("2001:db8:220:1:59de:d0f4:8769:82b8").packed
    client = bytes.fromhex("22681ab97d52c298")
    old_secret, new_secret = (bytes.fromhex(text) for text in ("dd3bdf9344b678b185a6f5cb60fca715", "445536bcd2513298075a5d379663c962"))  # fmt: skip  # noqa: E501
    old = client + bytes.fromhex("010000005cf7c57926556bd0934c72f8")
    assert cookie_state(old, address, (new_secret, old_secret), 1559741961) is CookieState.STALE
    assert server_cookie(client, address, new_secret, 1559741961).hex() == "010000005cf7c609a6bb79d16625507a"


def test_siphash_vectors() -> None:
    """The reference vectors of SipHash-2-4: key 00..0f, messages of growing length."""
    key = bytes(range(16))
    for length, digest in (
        (0, 0x726FDB47DD0E0E31),
        (1, 0x74F839C593DC67FD),
        (8, 0x93F5F5799A932462),
        (15, 0xA129CA6149BE45E5),
    ):
        assert siphash24(key, bytes(range(length))) == digest


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (0, CookieState.VALID), (1800, CookieState.VALID), (1801, CookieState.STALE), (3600, CookieState.STALE),
        (3601, CookieState.BAD), (-300, CookieState.VALID), (-301, CookieState.BAD),
    ],
)  # fmt: skip
def test_ages(age: int, state: CookieState) -> None:
    cookie = CLIENT + server_cookie(CLIENT, ADDRESS, SECRET, TIME)
    assert cookie_state(cookie, ADDRESS, (SECRET,), TIME + age) is state


def test_the_clock_may_wrap() -> None:
    cookie = CLIENT + server_cookie(CLIENT, ADDRESS, SECRET, 2**32 - 10)
    assert cookie_state(cookie, ADDRESS, (SECRET,), 2**32 + 10) is CookieState.VALID


def test_forgeries() -> None:
    good = CLIENT + server_cookie(CLIENT, ADDRESS, SECRET, TIME)
    assert cookie_state(None, ADDRESS, (SECRET,), TIME) is CookieState.ABSENT
    assert cookie_state(CLIENT, ADDRESS, (SECRET,), TIME) is CookieState.CLIENT_ONLY
    assert cookie_state(good, bytes(4), (SECRET,), TIME) is CookieState.BAD, "another address"
    assert cookie_state(good, ADDRESS, (bytes(16),), TIME) is CookieState.BAD, "another secret"
    assert cookie_state(good[:-1], ADDRESS, (SECRET,), TIME) is CookieState.BAD, "another length"
    for at in range(len(good)):
        forged = bytearray(good)
        forged[at] ^= 1
        assert cookie_state(bytes(forged), ADDRESS, (SECRET,), TIME) is CookieState.BAD, at
