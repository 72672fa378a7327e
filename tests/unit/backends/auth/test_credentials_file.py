"""The credentials file: what it may say, and every fault with its code and exit status 78."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.credentials_file import is_iam_name, parse_credentials
from photoncloud.runtime.errors import FatalError

KEYS = "aws_access_key_id = AKIA1\naws_secret_access_key = secret%%(x)s=;#\n"


def test_one_user_in_full() -> None:
    options = "account = shop\ndisplay_name = Alice A\nemail = a@b.c\npolicy = policies/alice.json\n"
    text = f"; a comment\n[alice]\n{KEYS}{options}"
    (entry,) = parse_credentials(text, "f")
    assert (entry.user, entry.access_key_id, entry.secret.reveal()) == ("alice", "AKIA1", "secret%%(x)s=;#")
    assert (entry.account, entry.display_name, entry.email) == ("shop", "Alice A", "a@b.c")
    assert entry.policy == "policies/alice.json"
    assert "secret" not in repr(entry).replace("secret=", "")


def test_defaults() -> None:
    (entry,) = parse_credentials(f"[bob]\n{KEYS}account =\n", "f")
    assert (entry.account, entry.policy, entry.display_name) == ("default", "readwrite", "")


def test_a_user_called_default_is_a_user() -> None:
    users = [entry.user for entry in parse_credentials(f"[DEFAULT]\n{KEYS}\n[default]\n{KEYS}", "f")]
    assert users == ["DEFAULT", "default"]


def test_nobody() -> None:
    assert parse_credentials("\n# nothing\n", "f") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"[a]\n{KEYS}[a]\n{KEYS}", "credentials-duplicate-user"),
        (f"[a]\n{KEYS}{KEYS}", "credentials-duplicate-option"),
        (KEYS, "credentials-syntax"),
        (f"[a]\n{KEYS}junk\n", "credentials-syntax"),
        (f"[a]\n{KEYS}policy = readwrite\n  and more\n", "credentials-syntax"),
        (f"[a]\n{KEYS}polcy = admin\n", "credentials-unknown-option"),
        ("[a]\naws_access_key_id = AKIA1\n", "credentials-incomplete"),
        ("[a]\naws_access_key_id = AKIA1\naws_secret_access_key =\n", "credentials-incomplete"),
        ("[a]\naws_access_key_id = a/b\naws_secret_access_key = s\n", "credentials-bad-key-id"),
        ("[a]\naws_access_key_id = ab\naws_secret_access_key = s\n", "credentials-bad-key-id"),
        (f"[a b]\n{KEYS}", "credentials-bad-name"),
        (f"[{'a' * 65}]\n{KEYS}", "credentials-bad-name"),
        (f"[a]\n{KEYS}account = x/y\n", "credentials-bad-name"),
    ],
)
def test_faults(text: str, code: str) -> None:
    with pytest.raises(FatalError) as caught:
        parse_credentials(text, "/etc/keys")
    assert (caught.value.code, caught.value.exit_status) == (code, 78)
    assert "/etc/keys" in str(caught.value)
    assert "secret%" not in str(caught.value)


def test_names() -> None:
    assert is_iam_name("a_+=,.@-9")
    assert not is_iam_name("")
    assert not is_iam_name("é")


@given(st.text(alphabet="[]a=\n #;%: \t\0", max_size=40))
def test_hostile_files(text: str) -> None:
    with contextlib.suppress(FatalError):
        parse_credentials(text, "f")
