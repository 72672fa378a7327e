from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from photoncloud.config import Address, ConfigModel, OptionalAddress, RpcUrl, Url, parse_address, setting
from photoncloud.config.value_types import AddressRule, SocketAddress, UrlRule


@pytest.mark.parametrize(
    ("text", "expected", "loopback"),
    [
        ("0.0.0.0:53", SocketAddress("0.0.0.0", 53), False),
        (":0", SocketAddress("", 0), False),
        ("[::1]:8080", SocketAddress("::1", 8080), True),
        ("[::]:65535", SocketAddress("::", 65535), False),
        ("127.8.9.1:1", SocketAddress("127.8.9.1", 1), True),
        ("localhost:1", SocketAddress("localhost", 1), True),
        ("host.example:1", SocketAddress("host.example", 1), False),
        ("unix:/run/x.sock", SocketAddress(path="/run/x.sock"), True),
    ],
)
def test_addresses(text: str, expected: SocketAddress, loopback: bool) -> None:
    assert parse_address(text) == expected
    assert expected.is_loopback == loopback


@pytest.mark.parametrize(
    "text",
    ["", "host", "host:", "host:x", ":-1", ":65536", "::1:80", "[::1:80", "[x]:1", "unix:run", "a b:1", "u@h:1", ":²"],
)
def test_refused_addresses(text: str) -> None:
    with pytest.raises(ValueError):
        parse_address(text)


@given(st.text(max_size=12))
def test_address_parser_raises_nothing_else(text: str) -> None:
    try:
        parse_address(text)
    except ValueError:
        pass


def test_url_is_made_canonical() -> None:
    rule = UrlRule(schemes=("nats", "tls"), rewrite=(("http", "nats"),))
    assert rule.normalise(" nats://h:4222/ ") == "nats://h:4222"
    assert rule.normalise("http://h:4222") == "nats://h:4222"
    assert rule.is_rewritten("http://h")
    assert not rule.is_rewritten("nats://h")
    assert UrlRule().normalise("https://h/a/") == "https://h/a"
    assert UrlRule().normalise("") == ""


@pytest.mark.parametrize(
    "text",
    [
        "ftp://h",
        "h:1",
        "http://",
        "http://u@h",
        "http://u:p@h",
        "http://h?x=1",
        "http://h#x",
        "http://h:port",
        "http://[::1",
        "http://a b",
        "http://h\x00",
    ],
)
def test_refused_urls_do_not_repeat_passwords(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        UrlRule().normalise(text)
    assert "u:p" not in str(refused.value)


def test_paths_and_empty_texts_only_where_allowed() -> None:
    with pytest.raises(ValueError, match="path"):
        UrlRule(path=False).normalise("http://h/x")
    with pytest.raises(ValueError, match="empty"):
        UrlRule(empty=False).normalise("")
    assert AddressRule(empty=True).normalise("") == ""
    with pytest.raises(ValueError):
        AddressRule().normalise("")


class Listeners(ConfigModel):
    """Rules hold for models that are built by hand too."""

    a: Address = setting(":1", "A.")
    b: OptionalAddress = setting("", "B.")
    c: Url = setting("", "C.")
    d: tuple[RpcUrl, ...] = setting((), "D.")


def test_models_apply_the_rules() -> None:
    assert Listeners(c="http://h/", d=("http://x/",)).c == "http://h"
    for wrong in ({"a": ""}, {"b": "x"}, {"c": "x"}, {"d": ("http://h/p",)}):
        with pytest.raises(ValidationError):
            Listeners.model_validate(wrong)
