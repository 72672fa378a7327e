"""no secret reaches a log line; nothing in a value can move the cursor of whoever reads it."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config import Secret
from photoncloud.runtime.redaction import MASK, as_text, clean, is_secret_name, one_line, redact


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "secret",
        "token",
        "authorization",
        "cookie",
        "credential",
        "private_key",
        "access_key",
        "secret_key",
        "Authorization",
        "DB_PASSWORD",
        "auth-token",
        "x.secret",
        "tokens",
        "set_cookie",
        "credentials",
        "secret_access_key",
    ],
)
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)
    assert redact({name: "hunter2"}) == {name: MASK}


@pytest.mark.parametrize("name", ["key", "access_key_id", "tokenizer", "path", "secretary", "passwords_checked"])
def test_names_that_are_not_secret(name: str) -> None:
    assert redact({name: "shown"}) == {name: "shown"}


def test_nested_values_are_masked_and_the_original_is_not_changed() -> None:
    inner = {"token": "t", "user": "u", "more": [{"password": "p"}, ("a", {"cookie": b"c"})]}
    shown = redact({"request": inner})
    assert shown == {"request": {"token": MASK, "user": "u", "more": [{"password": MASK}, ["a", {"cookie": MASK}]]}}
    assert inner["token"] == "t"


def test_numbers_under_a_secret_name_are_masked_and_none_is_shown() -> None:
    assert redact({"token": 1234, "secret": None}) == {"token": MASK, "secret": None}


def test_userinfo_of_urls() -> None:
    assert redact({"url": "postgres://user:pw@host/db"}) == {"url": f"postgres://{MASK}@host/db"}
    assert redact({"url": "http://host/a@b"}) == {"url": "http://host/a@b"}


def test_a_secret_instance_anywhere() -> None:
    secret = Secret("planted-value")
    text = str(redact({"settings": {"plain_name": secret, "list": [secret]}, "text": f"{secret}", "bare": secret}))
    assert "planted-value" not in text


def test_control_characters_are_escaped() -> None:
    assert redact({"v": "a\x1b[2Jb\x9bc\x7f"}) == {"v": "a\\x1b[2Jb\\x9bc\\x7f"}
    assert one_line("a\nb\tc\r") == "a\\nb\\tc\\r"
    assert clean("keeps\nnewlines") == "keeps\nnewlines"


def test_long_values_are_cut() -> None:
    shown = redact({"v": "x" * 100_000})["v"]
    assert len(shown) < 9000
    assert shown.endswith("(100000 characters)")


def test_deep_and_endless_values_end() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "..." in str(redact({"v": endless}))


def test_a_broken_str_does_not_cost_the_line() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert as_text(Broken()) == "<Broken without text: RuntimeError>"


@given(st.text(max_size=200))
def test_one_line_is_printable_and_one_line(text: str) -> None:
    shown = one_line(text)
    assert "\n" not in shown
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
    shown.encode("utf-8")


@given(st.text(string.ascii_letters, min_size=12, max_size=20), st.sampled_from(["password", "a_token", "cookie"]))
def test_a_planted_secret_never_comes_through(secret: str, name: str) -> None:
    shown = redact({name: secret, "deep": {"x": [{name: {"inner": secret}}]}, "url": f"https://u:{secret}@h/"})
    assert secret not in str(shown)
